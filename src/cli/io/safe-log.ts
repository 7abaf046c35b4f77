import { escaped, unsafeTextWriter } from '../../base/text/unsafe-text.ts';

type Destination = { write(line: string): unknown };

/**
 * A destination for log lines in which nothing acts on a terminal. JSON escapes only some control
 * characters, and names in the log may come from certificates.
 */
export function safeLog(destination: Destination): { write(line: string): void } {
  const safe = unsafeTextWriter({ lineFeed: 'kept', write: escaped });
  return { write: (line) => void destination.write(safe(line)) };
}
