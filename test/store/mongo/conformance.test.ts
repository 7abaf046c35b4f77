import { after } from 'node:test';
import { MongoClient } from 'mongodb';
import { nodeNumber } from '../../../src/cluster/nodes.ts';
import { connectReader } from '../../../src/store/mongo/connection.ts';
import { MongoReader } from '../../../src/store/mongo/read/reader.ts';
import { MongoWriter } from '../../../src/store/mongo/write/writer.ts';
import { needsMongod, startMongod, startReplicaSet, type TestServer } from '../../support/mongod.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { type Open, type OpenStore, type StoreSettings, storeConformance } from '../conformance.ts';

/* What every store must do: on one server, on three, and with a collection for each day. */

const skip = await needsMongod({ own: true });
const parts = new AsyncDisposableStack();
after(() => parts.disposeAsync());

/** Opens stores on a server that is started for the first of them. */
function opener(start: () => Promise<TestServer>, partition?: 'day'): Open {
  let started: Promise<TestServer> | undefined;
  const server = async (): Promise<TestServer> => {
    const fresh = parts.use(await start());
    // The messages of the suite are of days that the suite chooses.
    await using client = new MongoClient(fresh.uri);
    await client.db('admin').command({ setParameter: 1, ttlMonitorEnabled: false });
    return fresh;
  };
  return async (settings) => {
    started ??= server();
    const { uri, database } = await started;
    return openIn({ uri, database: database(), ...(partition && { partition }) }, settings);
  };
}

async function openIn(target: Parameters<typeof connectReader>[0], settings: StoreSettings): Promise<OpenStore> {
  const options = { folder: parts.use(temporaryFolder()).path, ...settings };
  const writer = await MongoWriter.open({ ...target, nodeNumber }, options);
  const reader = new MongoReader(connectReader(target), options);
  return {
    writer,
    reader,
    reopen: async () => {
      await reader[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
      return openIn(target, settings);
    },
  };
}

storeConformance('mongodb', opener(startMongod), { skip });
storeConformance('mongodb by day', opener(startMongod, 'day'), { skip, brief: true });
storeConformance('mongodb replica set', opener(startReplicaSet), { skip, brief: true });
