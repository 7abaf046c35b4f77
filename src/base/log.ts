type Write = {
  (fields: Readonly<Record<string, unknown>>, text: string): void;
  (text: string): void;
};

/**
 * The interface of the server's own log; pino has it. Levels say what an operator must do: error =
 * act now, warn = degraded but safe, info = a state has changed, debug = for developers. Received
 * messages are logged at debug only.
 */
export type Logger = {
  readonly error: Write;
  readonly warn: Write;
  readonly info: Write;
  readonly debug: Write;
  /** A logger that adds `fields` to each line. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
};

/** A logger that writes nothing. */
export const SILENT: Logger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  child: () => SILENT,
};
