import type { LogMessage } from './message.ts';

/** A message in JSON: the same keys, times as ISO 8601 in UTC, `raw` as base64. */
export type JsonMessage = Omit<LogMessage, 'received_at' | 'timestamp' | 'raw'> & {
  readonly received_at: string;
  readonly timestamp: string;
  readonly raw?: string;
};

/** Converts a message for `-o json` and for HTTP. */
export function toJson(message: LogMessage): JsonMessage {
  const { raw, ...rest } = message;
  return {
    ...rest,
    received_at: message.received_at.toISOString(),
    timestamp: message.timestamp.toISOString(),
    ...(raw && { raw: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('base64') }),
  };
}

/** Inverts `toJson`. */
export function fromJson(json: JsonMessage): LogMessage {
  const { raw, ...rest } = json;
  return {
    ...rest,
    received_at: new Date(json.received_at),
    timestamp: new Date(json.timestamp),
    ...(raw !== undefined && { raw: new Uint8Array(Buffer.from(raw, 'base64')) }),
  };
}
