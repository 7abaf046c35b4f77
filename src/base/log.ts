type Write = {
  (fields: Readonly<Record<string, unknown>>, text: string): void;
  (text: string): void;
};

/**
 * What rooms need of a logger; pino's fits. Levels mean what an operator has to do: error = someone must act,
 * warn = degraded but safe, info = a state changed, debug = for developers. No message body above debug.
 */
export type Logger = {
  readonly error: Write;
  readonly warn: Write;
  readonly info: Write;
  readonly debug: Write;
  /** A logger that adds `fields` to each line. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
};

/** A logger that says nothing. */
export const SILENT: Logger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  child: () => SILENT,
};
