import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import { type EarlierShape, replacedKeys } from '../../model/earlier-shape.ts';
import type { Converted, ConvertOptions } from '../contract.ts';
import { listCollections } from './collections.ts';
import { connectWriter, type MongoTarget, mongoError, openError } from './connection.ts';
import { messagesIn, type StoredDocument } from './documents.ts';
import { hasLayout, recordLayout } from './layout.ts';
import { MongoState } from './state.ts';
import { storedFields, storedStructuredData } from './value-names.ts';

/** Documents that are read at once: few enough to come within the time limit of an answer. */
const CHUNK = 2000;

/**
 * Rewrites the documents of an earlier build in the layout of this one. It may be stopped at any
 * time: what is converted stays, and the next run converts the rest. The layout is recorded last,
 * so that no server uses a database that is half converted.
 */
export async function convertMongo(target: MongoTarget, options: ConvertOptions): Promise<Converted> {
  await using connection = connectWriter(target);
  const { db, client } = connection;
  const state = new MongoState(db, Date.now);
  const done = { seen: 0, converted: 0 };
  try {
    await client.connect();
    if (await hasLayout(db, state)) return done;
    for (const name of await listCollections(db)) await convertCollection(messagesIn(db, name), done, options);
    if (!options.signal.aborted) await recordLayout(state);
    return done;
  } catch (error) {
    throw openError(target, error);
  }
}

async function convertCollection(
  collection: Collection<StoredDocument>,
  done: { seen: number; converted: number },
  { signal, onProgress }: ConvertOptions,
): Promise<void> {
  const projection = { structured_data: 1, fields: 1 };
  let after: StoredDocument['_id'] | undefined;
  while (!signal.aborted) {
    const query = after === undefined ? {} : { _id: { $gt: after } };
    try {
      const chunk = await collection.find(query, { projection }).sort({ _id: 1 }).limit(CHUNK).toArray();
      if (chunk.length === 0) return;
      const updates = chunk.flatMap(updateOf);
      if (updates.length > 0) await collection.bulkWrite(updates, { ordered: false });
      after = chunk.at(-1)!._id;
      done.seen += chunk.length;
      done.converted += updates.length;
    } catch (error) {
      throw mongoError(`convert ${collection.collectionName}`, error);
    }
    onProgress(done);
  }
}

/** None if the document has the layout of this build already. */
function updateOf(document: StoredDocument): AnyBulkWriteOperation<StoredDocument>[] {
  const { structured_data, structured_text, fields } = replacedKeys(document as EarlierShape);
  if (!structured_data && !fields) return [];
  const keys = {
    ...(structured_data && { structured_data: storedStructuredData(structured_data) }),
    ...(structured_text !== undefined && { structured_text }),
    ...(fields && { fields: storedFields(fields) }),
  };
  return [{ updateOne: { filter: { _id: document._id }, update: { $set: keys } } }];
}
