import { BSON, type Db, type Document, type Timestamp } from 'mongodb';
import { SECOND } from '../../../base/units.ts';
import { encodedDocuments } from './encoded-documents.ts';

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
    documents: encodedDocuments('documents', bytes) ?? documentsIn(bytes),
    ordered: false,
    writeConcern: { w: 'majority', j: true, wtimeout: MAJORITY_MS },
  };
  return (await db.command(command)) as Inserted;
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
