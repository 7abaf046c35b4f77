import type { Db } from 'mongodb';
import { mongoError } from '../connection.ts';

/** The size of a collection. */
export type CollectionSize = {
  readonly messages: number;
  /** Documents before compression. */
  readonly documentBytes: number;
  /** On disk, including indexes, without space that deletions have freed. */
  readonly storedBytes: number;
};

/**
 * Below this size, documents count as they are before compression: the file of a small collection
 * says little about them, and that of a new one nothing until the next checkpoint.
 */
const SMALL_BYTES = 16 << 20;

/** The size of a collection, from the server's own statistics, which cost nothing to read. */
export async function sizeOf(db: Db, collection: string): Promise<CollectionSize> {
  try {
    const pipeline = [{ $collStats: { storageStats: {}, count: {} } }];
    const shards = await db
      .collection(collection)
      .aggregate(pipeline, { readConcern: { level: 'local' } })
      .toArray();
    return shards.map(sizeOfShard).reduce(add, NOTHING);
  } catch (error) {
    throw mongoError(`read the size of ${collection}`, error);
  }
}

const NOTHING: CollectionSize = { messages: 0, documentBytes: 0, storedBytes: 0 };

function sizeOfShard(stats: Record<string, unknown>): CollectionSize {
  const { size, storageSize, freeStorageSize, totalIndexSize } = stats['storageStats'] as Record<string, number>;
  const stored = (storageSize ?? 0) - (freeStorageSize ?? 0) + (totalIndexSize ?? 0);
  const documentBytes = size ?? 0;
  const messages = Number(stats['count'] ?? 0);
  return { messages, documentBytes, storedBytes: documentBytes < SMALL_BYTES ? documentBytes : stored };
}

function add(a: CollectionSize, b: CollectionSize): CollectionSize {
  return {
    messages: a.messages + b.messages,
    documentBytes: a.documentBytes + b.documentBytes,
    storedBytes: a.storedBytes + b.storedBytes,
  };
}
