/** The codes of Cordwood's errors; the message has the details. */
export const ERROR_CODES = {
  ERR_CONFIG: 'the configuration cannot be used',
  ERR_USAGE: 'a command line or a question cannot be understood',
  ERR_QUERY: 'a query cannot be read; the message carries a caret',
  ERR_DATA_LOCKED: 'another server holds the data folder',
  ERR_DATA_VERSION: 'a file was written by a newer version',
  ERR_SPOOL: 'the spool cannot be read or written',
  ERR_STORE: 'the store cannot be read or written',
  ERR_LISTEN: 'an address cannot be listened on',
  ERR_UNREACHABLE: 'the server cannot be asked',
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** An error with a code. Its message reads "cannot <verb> <thing>: <reason>; <remedy>". */
export class CordwoodError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CordwoodError';
    this.code = code;
  }
}

/** The message of a thrown value, which may not be an Error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's code of an error (`ENOENT`, `EADDRINUSE`); undefined if it has none. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
