import { type CreateIndexesOptions, MongoClient } from 'mongodb';
import { nodeNumber } from '../../src/cluster/nodes.ts';
import type { StoreReader } from '../../src/store/contract.ts';
import { openMongoReader, openMongoWriter } from '../../src/store/mongo/index.ts';
import { INDEXED_FIELDS, type IndexedField } from '../../src/store/mongo/settings.ts';
import { Mongod, needsMongod } from '../support/mongod.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { CORPUS_START, DAY, HOST } from './corpus.ts';
import { counting, finding, insertCorpus } from './mongo-asking.ts';
import { say } from './table.ts';
import { median, usageOf } from './usage.ts';

/*
 * What each index of MongoDB costs a line, and which questions it makes faster:
 * `node test/bench/mongo-indexes.ts`.
 */

const LINES = Number(process.env['CORDWOOD_BENCH_INDEXES'] ?? 200_000);
const ROUNDS = 5;

type List = {
  readonly name: string;
  readonly fields: readonly IndexedField[];
  /** An index of severities in place of ours. */
  readonly severity?: CreateIndexesOptions;
};

const LISTS: readonly List[] = [
  { name: 'none', fields: [] },
  { name: 'hostname', fields: ['hostname'] },
  { name: 'appname', fields: ['appname'] },
  { name: 'severity, 4 and worse', fields: ['severity'] },
  { name: 'severity, 3 and worse', fields: [], severity: { partialFilterExpression: { severity: { $lte: 3 } } } },
  { name: 'severity, all', fields: [], severity: {} },
  { name: 'all three', fields: INDEXED_FIELDS },
];

const QUESTIONS: readonly (readonly [name: string, ask: (reader: StoreReader) => Promise<number>])[] = [
  ['newest 100 of a host', finding(`hostname:${HOST}`)],
  ['newest 100 of a host, err and worse', finding(`hostname:${HOST} severity:<=err`)],
  ['newest 100, err and worse', finding('severity:<=err')],
  ['newest 100, crit and worse', finding('severity:<=crit')],
  ['newest 100 of a program', finding('appname:sshd')],
  ['newest 100 of an absent host', finding('hostname:absent')],
  ['count of a host', counting(`hostname:${HOST}`, { by: [] })],
  ['count of err and worse', counting('severity:<=err', { by: [] })],
  ['count of a program', counting('appname:sshd', { by: [] })],
];

type World = AsyncDisposable & { readonly reader: StoreReader; readonly cpu: number; readonly bytes: number };

/** Inserts all lines into a database of its own. */
async function filled(mongod: Mongod, { fields, severity }: List, database: string): Promise<World> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const client = stack.use(new MongoClient(mongod.uri));
  const target = { uri: mongod.uri, database, nodeNumber, indexes: fields };
  const options = {
    folder: folder.path,
    streams: [{ name: 'default', keep: 3650 * DAY }],
    now: () => CORPUS_START + DAY,
  };
  const writer = stack.use(await openMongoWriter(target, options));
  const collection = client.db(database).collection('logs_default');
  if (severity) await collection.createIndex({ severity: 1, _id: -1 }, severity);
  const before = usageOf(mongod.child.pid!).cpu;
  await insertCorpus(writer, LINES);
  await client.db('admin').command({ fsync: 1 });
  const cpu = ((usageOf(mongod.child.pid!).cpu - before) * 1e6) / LINES;
  const [size] = await collection.aggregate([{ $collStats: { storageStats: {} } }]).toArray();
  const bytes = Number(size!['storageStats'].totalIndexSize) / LINES;
  const reader = stack.use(await openMongoReader(target, options));
  return { reader, cpu, bytes, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function costs(mongod: Mongod): Promise<void> {
  const all = LISTS.map(() => ({ cpu: [] as number[], bytes: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, list] of LISTS.entries()) {
      const database = `cost_${round}_${index}`;
      const client = new MongoClient(mongod.uri);
      {
        await using world = await filled(mongod, list, database);
        all[index]!.cpu.push(world.cpu);
        all[index]!.bytes.push(world.bytes);
      }
      await client.db(database).dropDatabase();
      await client.close();
    }
  }
  for (const [index, { name }] of LISTS.entries()) {
    const { cpu, bytes } = all[index]!;
    say(`${name}: ${median(cpu).toFixed(1)} µs CPU of mongod a line, ${median(bytes).toFixed(1)} bytes of indexes`);
  }
}

async function gains(mongod: Mongod): Promise<void> {
  await using without = await filled(mongod, LISTS[0]!, 'without');
  await using having = await filled(mongod, LISTS.at(-1)!, 'having');
  for (const [name, ask] of QUESTIONS) {
    const took: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [side, { reader }] of [without, having].entries()) {
        const began = performance.now();
        await ask(reader);
        took[side]!.push(performance.now() - began);
      }
    }
    say(`${name}: ${median(took[0]).toFixed(1)} ms without indexes, ${median(took[1]).toFixed(1)} ms with all`);
  }
}

if (import.meta.main && !(await needsMongod({ own: true }))) {
  await using mongod = await Mongod.start();
  await costs(mongod);
  await gains(mongod);
}
