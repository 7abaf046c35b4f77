import { createRequire } from 'node:module';
import { BSON, type Db, type Document, type Timestamp } from 'mongodb';
import { SECOND } from '../../../base/units.ts';

/** The driver's class for documents that are already serialized; not part of its public interface. */
type Sequence = { push(document: Document, bytes: Uint8Array): number };
type SequenceClass = new (field: string) => Sequence;

/**
 * Undefined if a later driver has it elsewhere: then documents are deserialized, and serialized by
 * the driver.
 */
const DocumentSequence = ((): SequenceClass | undefined => {
  try {
    return createRequire(import.meta.url)('mongodb/lib/cmap/commands.js').DocumentSequence;
  } catch {
    return undefined;
  }
})();

export type WriteError = {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
  readonly keyPattern?: Document;
};
/** The reply to an insert: all documents are stored except those that `writeErrors` names. */
export type Inserted = {
  readonly n: number;
  readonly writeErrors?: readonly WriteError[];
  readonly writeConcernError?: { readonly code: number; readonly errmsg: string };
  /** The cluster time; absent from a standalone server. */
  readonly operationTime?: Timestamp;
};

/** How long replication to a majority may take, ms. */
const MAJORITY_MS = 10 * SECOND;

/**
 * Inserts the documents in `bytes` independently of each other; resolves when a majority has them
 * on disk. Sent only once: the caller may retry, because each document has its `_id`.
 */
export async function insertRaw(db: Db, collection: string, bytes: Uint8Array): Promise<Inserted> {
  const command = {
    insert: collection,
    documents: DocumentSequence ? sequenceOf(DocumentSequence, bytes) : documentsIn(bytes),
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

function documentsIn(bytes: Uint8Array): Document[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const documents: Document[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + view.getInt32(at, true);
    documents.push(BSON.deserialize(bytes.subarray(at, end), { promoteValues: false }));
    at = end;
  }
  return documents;
}
