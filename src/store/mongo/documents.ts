import { Binary, type Collection, type Db, type Document } from 'mongodb';
import type { LogMessage } from '../../model/message.ts';
import { readStoredFields, readStoredStructuredData, storedFields, storedStructuredData } from './value-names.ts';

export { collectionOf, dayCollectionOf } from './collection-names.ts';

/** The stream and day of a message collection, by its name; undefined for any other collection. */
export function partOf(collection: string): { readonly stream: string; readonly day?: string } | undefined {
  const [, stream, day] = /^logs_([^.]+)(?:\.(\d{4}-\d\d-\d\d))?$/.exec(collection) ?? [];
  if (stream === undefined) return undefined;
  return day === undefined ? { stream } : { stream, day };
}

/** A document of a message collection, for the driver's types. */
export type StoredDocument = Document & { readonly _id: Binary };

/** A message collection. */
export function messagesIn(db: Db, collection: string): Collection<StoredDocument> {
  return db.collection<StoredDocument>(collection);
}

/** Collections of the store's own state. */
export const STATE = 'cordwood_state';
export const LEASES = 'cordwood_leases';
/** The view over all streams, for use in other tools. */
export const VIEW = 'logs';

/** The 16 bytes of an id in 32 hex digits. */
export function toBinaryId(id: string): Binary {
  return new Binary(Buffer.from(id, 'hex'), Binary.SUBTYPE_DEFAULT);
}

/** The 32 hex digits of a stored id. */
export function fromBinaryId(id: Binary | Uint8Array): string {
  return bytesOf(id).toString('hex');
}

/**
 * A message as it is stored: `_id` and `raw` are binary, and names of structured data and fields
 * are such as MongoDB takes.
 */
export function toDocument(message: LogMessage): Document {
  const { _id, raw, ...rest } = message;
  const document: Document = { _id: toBinaryId(_id), ...rest };
  if (message.structured_data) document['structured_data'] = storedStructuredData(message.structured_data);
  if (message.fields) document['fields'] = storedFields(message.fields);
  if (raw) document['raw'] = new Binary(raw);
  return document;
}

/** The message in a stored document, without any keys that are not ours. */
export function fromDocument(document: Document): LogMessage {
  const message: Record<string, unknown> = { _id: fromBinaryId(document['_id']) };
  for (const key of PLAIN) if (document[key] !== undefined) message[key] = document[key];
  const { raw, structured_data: structured, fields } = document;
  if (structured) message['structured_data'] = readStoredStructuredData(structured);
  if (fields) message['fields'] = readStoredFields(fields);
  if (raw) message['raw'] = new Uint8Array(bytesOf(raw));
  return message as LogMessage;
}

/** Keys whose values are stored as they are. */
const PLAIN = [
  'received_at',
  'timestamp',
  'timestamp_us',
  'timestamp_offset',
  'facility',
  'severity',
  'level',
  'hostname',
  'appname',
  'procid',
  'msgid',
  'version',
  'structured_text',
  'message',
  'source',
  'stream',
  'format',
  'flags',
  'length',
  'held',
] as const;

function bytesOf(value: Binary | Uint8Array): Buffer {
  if (value instanceof Binary) return Buffer.from(value.buffer.buffer, value.buffer.byteOffset, value.length());
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
