import { createRequire } from 'node:module';
import { BSON, type Db, type Document, type Timestamp } from 'mongodb';

/** The driver's own carrier of documents that are serialized already; it is no part of its interface. */
type Sequence = { push(document: Document, bytes: Uint8Array): number };
type SequenceClass = new (field: string) => Sequence;

/** Undefined where a later driver keeps it elsewhere: then documents go the long way. */
const DocumentSequence = ((): SequenceClass | undefined => {
  try {
    return createRequire(import.meta.url)('mongodb/lib/cmap/commands.js').DocumentSequence;
  } catch {
    return undefined;
  }
})();

/** Whether documents are sent as they were encoded, without a detour over objects. */
export const isDirect = DocumentSequence !== undefined;

export type WriteError = {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
  readonly keyPattern?: Document;
};
/** What a server says to an insert that it took: all is stored but what `writeErrors` names. */
export type Inserted = {
  readonly n: number;
  readonly writeErrors?: readonly WriteError[];
  readonly writeConcernError?: { readonly code: number; readonly errmsg: string };
  /** By the cluster's clock; absent where there is only one server. */
  readonly operationTime?: Timestamp;
};

/** How long a majority may take to have it, ms. */
const MAJORITY_MS = 10_000;

/**
 * Inserts documents that lie one behind the other in `bytes`, in any order, each for itself; resolves when a majority
 * has them on disk. Sent once: whoever calls tries again, since each document has its `_id`.
 */
export async function insertRaw(db: Db, collection: string, bytes: Uint8Array): Promise<Inserted> {
  const command = {
    insert: collection,
    documents: DocumentSequence ? sequenceOf(DocumentSequence, bytes) : parted(bytes),
    ordered: false,
    writeConcern: { w: 'majority', j: true, wtimeout: MAJORITY_MS },
  };
  return (await db.command(command)) as Inserted;
}

function sequenceOf(Documents: SequenceClass, bytes: Uint8Array): Sequence {
  const sequence = new Documents('documents');
  sequence.push({}, bytes);
  return sequence;
}

function parted(bytes: Uint8Array): Document[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const documents: Document[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + view.getInt32(at, true);
    documents.push(BSON.deserialize(bytes.subarray(at, end), { promoteValues: false }));
    at = end;
  }
  return documents;
}
