import { MessageBatch, SPAN } from '../../src/model/batch.ts';
import {
  type Field,
  FORMATS,
  flagBit,
  type LogMessage,
  type Source,
  type StructuredElement,
} from '../../src/model/message.ts';
import { formatStructuredData } from '../../src/model/structured-data.ts';

/** The parts of a message that a test sets; `bytes` replaces `message` if it is not valid UTF-8. */
export type Draft = Partial<Omit<LogMessage, '_id' | 'level' | 'held' | keyof AsLists | 'structured_text'>> & {
  readonly bytes?: Uint8Array;
  /** Without one, rows count up from the batch's first. */
  readonly sequence?: number;
} & AsLists;

/** What a batch keeps in order, a message as objects. */
type AsLists = { readonly structured_data?: readonly StructuredElement[]; readonly fields?: readonly Field[] };

/** The arrival of a draft that names none: its sequence in ms after this. */
export const EPOCH = Date.UTC(2026, 10, 22, 16, 20);

export const SOURCE: Source = { ip: '192.0.2.7', port: 40_000, transport: 'tcp', listener: 'tcp0' };

/**
 * A batch of a node with the drafts as its rows; the first has sequence `from`, and `room` bytes of its arena are free.
 * With `inMemory` it lies in a WebAssembly memory.
 */
export function batchOf(
  drafts: readonly Draft[],
  { node = 1, from = 1, room = 0, inMemory = false } = {},
): MessageBatch {
  const texts = drafts.map(textsOf);
  const size = texts.reduce((sum, spans) => sum + spans.reduce((all, [, bytes]) => all + bytes.length, 0), 0);
  const [capacity, bytes] = [Math.max(1, drafts.length), Math.max(1, size) + room];
  const batch = inMemory ? MessageBatch.inMemory(capacity, bytes) : new MessageBatch(capacity, bytes);
  batch.node = node;
  drafts.forEach((draft, index) => {
    const row = addRow(batch, draft, draft.sequence ?? from + index);
    for (const [span, bytes] of texts[index]!) batch.setSpan(row, span, batch.put(bytes), bytes.length);
  });
  return batch;
}

/** Every row of a batch as a message. */
export function messagesOf(batch: MessageBatch): LogMessage[] {
  return Array.from({ length: batch.count }, (_, row) => batch.message(row));
}

function textsOf(draft: Draft): [number, Uint8Array][] {
  const spans: [number, Uint8Array][] = [];
  const add = (span: number, text: string | Uint8Array | undefined): void => {
    if (text !== undefined) spans.push([span, typeof text === 'string' ? Buffer.from(text) : text]);
  };
  add(SPAN.hostname, draft.hostname);
  add(SPAN.appname, draft.appname);
  add(SPAN.procid, draft.procid);
  add(SPAN.msgid, draft.msgid);
  add(SPAN.structuredData, draft.structured_data && formatStructuredData(draft.structured_data));
  add(SPAN.message, draft.bytes ?? draft.message ?? '');
  add(SPAN.raw, draft.raw);
  add(SPAN.fields, draft.fields && JSON.stringify(draft.fields));
  return spans;
}

function addRow(batch: MessageBatch, draft: Draft, sequence: number): number {
  const row = batch.begin(draft.received_at?.getTime() ?? EPOCH + sequence, sequence, sourceOf(batch, draft.source));
  batch.priority[row] = (draft.facility ?? 1) * 8 + (draft.severity ?? 5);
  batch.format[row] = FORMATS.indexOf(draft.format ?? 'rfc5424');
  batch.version[row] = draft.version ?? 0;
  batch.flags[row] = (draft.flags ?? []).reduce((bits, flag) => bits | flagBit(flag), 0);
  if (draft.timestamp) batch.timestamp[row] = draft.timestamp.getTime();
  if (draft.timestamp_us !== undefined) batch.timestampUs[row] = draft.timestamp_us;
  if (draft.timestamp_offset !== undefined) batch.timestampOffset[row] = draft.timestamp_offset;
  batch.originalLength[row] = draft.length ?? 0;
  const stream = draft.stream ?? 'default';
  if (!batch.streams.includes(stream)) batch.streams.push(stream);
  batch.stream[row] = batch.streams.indexOf(stream);
  return row;
}

function sourceOf(batch: MessageBatch, source: Source = SOURCE): number {
  const key = JSON.stringify(source);
  const known = batch.sources.findIndex((each) => JSON.stringify(each) === key);
  return known >= 0 ? known : batch.sources.push(source) - 1;
}
