import { type MessageBatch, SPAN } from './batch.ts';
import { writeFields } from './field-texts.ts';
import { FORMATS, flagBit, type LogMessage, type Source } from './message.ts';
import { structuredText } from './structured-object.ts';

/**
 * Adds a message of another store to a batch, as its next row. The row gets the node of the batch.
 * @returns false if the batch has no room for it; it is then unchanged
 */
export function addMessage(batch: MessageBatch, message: LogMessage, sequence: number): boolean {
  const texts = textsOf(message);
  const bytes = texts.reduce((sum, [, text]) => sum + text.length, 0);
  if (batch.count === batch.capacity || batch.used + bytes > batch.arena.length) return false;
  const row = batch.begin(message.received_at.getTime(), sequence, indexOf(batch.sources, message.source, sameSource));
  batch.priority[row] = message.facility * 8 + message.severity;
  batch.format[row] = FORMATS.indexOf(message.format);
  batch.version[row] = message.version ?? 0;
  batch.flags[row] = message.flags.reduce((bits, flag) => bits | flagBit(flag), 0);
  batch.timestamp[row] = message.timestamp.getTime();
  if (message.timestamp_us !== undefined) batch.timestampUs[row] = message.timestamp_us;
  if (message.timestamp_offset !== undefined) batch.timestampOffset[row] = message.timestamp_offset;
  batch.originalLength[row] = message.length ?? 0;
  batch.stream[row] = indexOf(batch.streams, message.stream, (a, b) => a === b);
  for (const [span, text] of texts) batch.setSpan(row, span, batch.put(text), text.length);
  return true;
}

function textsOf(message: LogMessage): (readonly [span: number, text: Uint8Array])[] {
  const { fields, raw } = message;
  const texts: (readonly [number, string | Uint8Array | undefined])[] = [
    [SPAN.hostname, message.hostname],
    [SPAN.appname, message.appname],
    [SPAN.procid, message.procid],
    [SPAN.msgid, message.msgid],
    [SPAN.structuredData, structuredText(message)],
    [SPAN.message, message.message],
    [SPAN.raw, raw],
    [SPAN.fields, fields && writeFields(fields)],
  ];
  return texts.flatMap(([span, text]) => {
    if (text === undefined) return [];
    return [[span, typeof text === 'string' ? Buffer.from(text) : text] as const];
  });
}

/** The index of a value in a list; a new value is added. */
function indexOf<Value>(list: Value[], value: Value, same: (a: Value, b: Value) => boolean): number {
  const known = list.findLastIndex((each) => same(each, value));
  return known >= 0 ? known : list.push(value) - 1;
}

function sameSource(a: Source, b: Source): boolean {
  return (
    a.ip === b.ip &&
    a.port === b.port &&
    a.listener === b.listener &&
    a.transport === b.transport &&
    a.peer_cn === b.peer_cn
  );
}
