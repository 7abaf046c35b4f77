import { openEmbeddedReader, openEmbeddedWriter } from '../../src/store/embedded/index.ts';
import { openMongoReader, openMongoWriter } from '../../src/store/mongo/index.ts';
import type { StoreReader, StoreWriter } from '../../src/store/contract.ts';
import { startMongod } from '../support/mongod.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { START } from './lab.ts';
import { nodeNumber } from '../../src/cluster/nodes.ts';

/** Both sides of a store, disposed of with its scope. */
export type Stores = { readonly writer: StoreWriter; readonly reader: StoreReader } & AsyncDisposable;

/** The embedded store, in a folder of its own. */
export async function embedded(now = () => START): Promise<Stores> {
  const folder = temporaryFolder();
  const options = { folder: folder.path, streams: [{ name: 'default' }], now };
  const writer = await openEmbeddedWriter(options);
  const reader = await openEmbeddedReader(options);
  return {
    ...{ writer, reader },
    [Symbol.asyncDispose]: async () => {
      await reader[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** MongoDB, on a server of its own. */
export async function mongo(now = () => START): Promise<Stores> {
  const folder = temporaryFolder();
  const server = await startMongod();
  const target = { uri: server.uri, database: server.database(), nodeNumber };
  const options = { folder: folder.path, streams: [{ name: 'default' }], now };
  const writer = await openMongoWriter(target, options);
  const reader = await openMongoReader(target, options);
  return {
    ...{ writer, reader },
    [Symbol.asyncDispose]: async () => {
      await reader[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
