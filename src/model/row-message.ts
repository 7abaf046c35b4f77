import { readFields } from './field-texts.ts';
import { encodeId } from './id.ts';
import { FORMATS, flagsOf, type LogMessage, type Source } from './message.ts';
import { SEVERITIES } from './priority.ts';
import { structuredKeys } from './structured-object.ts';

/** `timestampUs` and `timestampOffset` if the sender has not sent them. */
export const NOT_SENT = 0x7fff;

/** The values of a row in columns, see `MessageBatch`; texts as they were received, undefined if absent. */
export type RowValues = {
  readonly receivedAt: number;
  readonly node: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly timestampUs: number;
  readonly timestampOffset: number;
  readonly priority: number;
  readonly version: number;
  readonly format: number;
  readonly flags: number;
  readonly originalLength: number;
  readonly hostname: string | undefined;
  readonly appname: string | undefined;
  readonly procid: string | undefined;
  readonly msgid: string | undefined;
  readonly structuredData: string | undefined;
  readonly fields: string | undefined;
  readonly message: string;
  readonly source: Source;
  readonly stream: string;
  /** A copy that the message may keep. */
  readonly raw: Uint8Array | undefined;
};

/** The row as an object. Its keys are set one after the other: to spread pieces takes three times as long. */
export function messageOf(row: RowValues): LogMessage {
  const { priority } = row;
  const severity = priority & 7;
  const made: { -readonly [Key in keyof LogMessage]?: LogMessage[Key] } = {
    _id: encodeId(row.receivedAt, row.node, row.sequence),
    received_at: new Date(row.receivedAt),
    timestamp: new Date(row.timestamp),
  };
  if (row.timestampUs !== NOT_SENT) made.timestamp_us = row.timestampUs;
  if (row.timestampOffset !== NOT_SENT) made.timestamp_offset = row.timestampOffset;
  made.facility = priority >> 3;
  made.severity = severity;
  made.level = SEVERITIES[severity]!;
  if (row.hostname !== undefined) made.hostname = row.hostname;
  if (row.appname !== undefined) made.appname = row.appname;
  if (row.procid !== undefined) made.procid = row.procid;
  if (row.msgid !== undefined) made.msgid = row.msgid;
  if (row.version > 0) made.version = row.version;
  if (row.structuredData !== undefined) Object.assign(made, structuredKeys(row.structuredData));
  if (row.fields !== undefined) made.fields = readFields(row.fields);
  made.message = row.message;
  made.source = row.source;
  made.stream = row.stream;
  made.format = FORMATS[row.format]!;
  made.flags = flagsOf(row.flags);
  if (row.originalLength > 0) made.length = row.originalLength;
  if (row.raw !== undefined) made.raw = row.raw;
  return made as LogMessage;
}
