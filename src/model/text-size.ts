import type { LogMessage } from './message.ts';

/** Characters of the parts of a message that may be long; parts that were not read count nothing. */
export function textSize({ message, raw, structured_data, fields }: Partial<LogMessage>): number {
  const named = [structured_data, fields].reduce((sum, each) => sum + (each ? JSON.stringify(each).length : 0), 0);
  return (message?.length ?? 0) + (raw?.length ?? 0) + named;
}
