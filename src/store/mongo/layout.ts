import type { Db } from 'mongodb';
import { CordwoodError } from '../../base/errors.ts';
import { listCollections } from './collections.ts';
import { messagesIn } from './documents.ts';
import type { MongoState } from './state.ts';

/**
 * The layout of documents, in the store's state. Documents of a database without it have lists in
 * place of objects: `structured_data: [{id, params: [{name, value}]}]`, `fields: [{name, value}]`.
 */
const LAYOUT = 2;
const KEY = { namespace: 'layout', key: 'documents' } as const;

/** @throws CordwoodError ERR_DATA_VERSION if a newer build wrote the documents */
export async function hasLayout(db: Db, state: MongoState): Promise<boolean> {
  const found = (await state.get(KEY.namespace, KEY.key))?.value;
  if (found === undefined || found === LAYOUT) return found === LAYOUT;
  throw layoutError(db, `a newer build wrote it (layout ${found}); use the newer cordwood that wrote it`);
}

/**
 * Checks that documents have the layout of this build.
 * @returns whether that is recorded; if not, there are no documents yet
 * @throws CordwoodError ERR_DATA_VERSION
 */
export async function checkLayout(db: Db, state: MongoState): Promise<boolean> {
  // The collections first: a writer records the layout before it creates any.
  const collections = await listCollections(db);
  if (await hasLayout(db, state)) return true;
  for (const name of collections) {
    if ((await messagesIn(db, name).findOne({}, { projection: { _id: 1 } })) === null) continue;
    const reason = `an earlier build wrote ${name}, with structured data and fields as lists`;
    throw layoutError(db, `${reason}; stop all its servers, then run cordwood convert`);
  }
  return false;
}

/** Records that all documents have the layout of this build. */
export async function recordLayout(state: MongoState): Promise<void> {
  await state.write([{ ...KEY, value: LAYOUT }]);
}

function layoutError(db: Db, reason: string): CordwoodError {
  return new CordwoodError('ERR_DATA_VERSION', `cannot use the database ${db.databaseName}: ${reason}`);
}
