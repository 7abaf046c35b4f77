/** Result codes of SQLite, all primary but the last two, https://sqlite.org/rescode.html. */
export const SQLITE = {
  error: 1,
  busy: 5,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notDatabase: 26,
  shortRead: 10 | (2 << 8),
  sharedMemorySize: 10 | (19 << 8),
} as const;

/** Whether SQLite failed because another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE.busy;
}

/** SQLite's primary result code; undefined if the error does not come from SQLite. */
export function resultCode(error: unknown): number | undefined {
  const code = rawResultCode(error);
  return code === undefined ? undefined : code & 0xff;
}

/** SQLite's extended result code; undefined if the error does not come from SQLite. */
export function rawResultCode(error: unknown): number | undefined {
  const root = rootCause(error);
  const code = root instanceof Error ? (root as { errcode?: unknown }).errcode : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** The innermost `cause` of an error. */
export function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error;
}
