import type { StoreOptions, StoreReader, StoreWriter } from '../contract.ts';
import { EmbeddedReader } from './reader.ts';
import { EmbeddedWriter } from './writer.ts';

/**
 * Opens the store of a data folder for writing, and creates missing files. @throws CordwoodError
 * ERR_DATA_VERSION
 */
export async function openEmbeddedWriter(options: StoreOptions): Promise<StoreWriter> {
  return new EmbeddedWriter(options);
}

/** Opens the store of a data folder for reading; creates nothing: a missing folder is an empty store. */
export async function openEmbeddedReader(options: StoreOptions): Promise<StoreReader> {
  return new EmbeddedReader(options);
}
