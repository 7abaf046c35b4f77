import { MessageBatch } from '../../src/model/batch.ts';
import type { LogMessage, Source } from '../../src/model/message.ts';
import { createParser, type Parser } from '../../src/parse/index.ts';

export const PEER: Source = { ip: '192.0.2.7', port: 40514, transport: 'udp', listener: 'udp0' };

export type Sent = {
  readonly bytes: Uint8Array | string;
  /** ms; default 2026-11-22T16:20:05Z. */
  readonly receivedAt?: number;
  readonly zone?: string;
  readonly source?: Source;
  /** Flags that the framer has set. */
  readonly flags?: number;
  /** Bytes before and after the frame in the arena. */
  readonly around?: Uint8Array;
  readonly parser?: Parser;
};

export const RECEIVED = Date.UTC(2026, 10, 22, 16, 20, 5);
const batch = new MessageBatch(64, 4 << 20);

/** Parses one frame, in an arena with other bytes around it. */
export function read(sent: Sent): LogMessage {
  const parser = sent.parser ?? createParser({ zoneOf: () => sent.zone ?? 'UTC' });
  const { start, end } = fill(batch, sent);
  const row = batch.begin(sent.receivedAt ?? RECEIVED, 1, 0);
  batch.flags[row] = sent.flags ?? 0;
  parser.parse(batch, row, start, end);
  return batch.message(row);
}

/** Puts the frame into a cleared batch. @returns where it begins and ends */
export function fill(into: MessageBatch, sent: Sent): { start: number; end: number } {
  const bytes = typeof sent.bytes === 'string' ? Buffer.from(sent.bytes) : sent.bytes;
  const around = sent.around ?? Buffer.from('\n');
  into.clear();
  into.sources.push(sent.source ?? PEER);
  into.put(around);
  const start = into.put(bytes);
  into.put(around);
  return { start, end: start + bytes.length };
}

/** The parts of a message that parsing decides, as the corpus has them. */
export function parsed(message: LogMessage): Record<string, unknown> {
  const { _id, received_at, source, stream, level, raw, ...rest } = message;
  return {
    ...rest,
    timestamp: message.timestamp.toISOString(),
    ...(raw !== undefined && { raw: Buffer.from(raw).toString('latin1') }),
  };
}
