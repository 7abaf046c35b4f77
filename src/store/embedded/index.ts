import type { StoreOptions, StoreReader, StoreWriter } from '../contract.ts';
import { EmbeddedReader } from './reader.ts';
import { EmbeddedWriter } from './writer.ts';

/** Opens the store of a data folder for its one writer, and creates what is missing. @throws ERR_DATA_VERSION */
export async function openEmbeddedWriter(options: StoreOptions): Promise<StoreWriter> {
  return new EmbeddedWriter(options);
}

/** Opens the store of a data folder for questions; creates nothing, and a folder that is not there holds nothing. */
export async function openEmbeddedReader(options: StoreOptions): Promise<StoreReader> {
  return new EmbeddedReader(options);
}
