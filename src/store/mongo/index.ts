import type { StoreOptions, StoreReader, StoreWriter } from '../contract.ts';
import { connectReader, indexedFieldsOf, type MongoTarget, type MongoWriterTarget } from './connection.ts';
import { MongoReader } from './read/reader.ts';
import { MongoWriter } from './write/writer.ts';

export type { MongoWriterTarget } from './connection.ts';
export { convertMongo } from './convert.ts';

/**
 * Opens the writing side, and creates what is missing in the database.
 * @throws ERR_CONFIG, ERR_STORE
 */
export async function openMongoWriter(target: MongoWriterTarget, options: StoreOptions): Promise<StoreWriter> {
  return await MongoWriter.open(target, options);
}

/** Opens the reading side; connects on first use, and creates nothing. @throws ERR_CONFIG */
export async function openMongoReader(target: MongoTarget, options: StoreOptions): Promise<StoreReader> {
  return new MongoReader(connectReader(target), options, indexedFieldsOf(target));
}
