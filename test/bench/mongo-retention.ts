import { MongoClient } from 'mongodb';
import { MongoWriter } from '../../src/store/mongo/write/writer.ts';
import { batchOf, type Draft } from '../support/batches.ts';
import { Mongod, needsMongod } from '../support/mongod.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { big, say } from './table.ts';
import { usageOf } from './usage.ts';
import { nodeNumber } from '../../src/cluster/nodes.ts';

/*
 * What getting rid of a million messages costs beside inserts as fast as they go: by the TTL index, and by dropping a
 * collection of a day. Says from which rate on `partition: day` pays: `node test/bench/mongo-retention.ts`.
 */

const MESSAGES = Number(process.env['CORDWOOD_BENCH_RETENTION'] ?? 1_000_000);
const ROWS = 8192;
const HOUR = 3_600_000;
/** Inserts alone are watched for so long before and after, ms. */
const ALONE_MS = 8000;

/** Inserts a second and CPU µs of mongod for each, over some time. */
type Pace = { readonly seconds: number; readonly inserted: number; readonly cpu: number };

class World implements AsyncDisposable {
  readonly mongod: Mongod;
  readonly client: MongoClient;
  readonly #writer: MongoWriter;
  readonly #folder: { path: string } & Disposable;
  #from = 1;

  private constructor(mongod: Mongod, folder: { path: string } & Disposable, writer: MongoWriter) {
    this.mongod = mongod;
    this.#folder = folder;
    this.#writer = writer;
    this.client = new MongoClient(mongod.uri);
  }

  static async open(partition?: 'day'): Promise<World> {
    const mongod = await Mongod.start([
      '--setParameter',
      'ttlMonitorSleepSecs=1',
      '--setParameter',
      'ttlMonitorEnabled=false',
    ]);
    const folder = temporaryFolder();
    const target = { uri: mongod.uri, database: 'bench', ...(partition && { partition }), nodeNumber };
    const streams = [{ name: 'old', keep: HOUR }, { name: 'default' }];
    const writer = await MongoWriter.open(target, { folder: folder.path, now: Date.now, streams });
    return new World(mongod, folder, writer);
  }

  async insert(stream: string, arrived: number): Promise<void> {
    const rows = Array.from(
      { length: ROWS },
      (_, index): Draft => ({
        stream,
        received_at: new Date(arrived),
        hostname: `web${index % 100}.example.org`,
        appname: `app${index % 20}`,
        procid: String(index),
        severity: index % 8,
        message: `connection ${this.#from + index} of 192.0.2.${index % 256} closed after ${index % 977} ms by the peer`,
      }),
    );
    await this.#writer.insert(batchOf(rows, { from: this.#from }));
    this.#from += ROWS;
  }

  async fill(): Promise<void> {
    const arrived = Date.now() - 2 * HOUR;
    for (let count = 0; count < MESSAGES; count += ROWS) await this.insert('old', arrived);
  }

  /** Inserts as fast as they go until `ended`. */
  async pace(ended: () => boolean): Promise<Pace> {
    const [before, began] = [usageOf(this.mongod.child.pid!).cpu, performance.now()];
    let inserted = 0;
    for (; !ended(); inserted += ROWS) await this.insert('default', Date.now());
    const seconds = (performance.now() - began) / 1000;
    return { seconds, inserted, cpu: usageOf(this.mongod.child.pid!).cpu - before };
  }

  async paceFor(ms: number): Promise<Pace> {
    const end = performance.now() + ms;
    return await this.pace(() => performance.now() > end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.#writer[Symbol.asyncDispose]();
    await this.mongod[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

/** Inserts while something else is done, and what that cost beside them. */
async function measure(
  name: string,
  partition: 'day' | undefined,
  remove: (world: World) => Promise<void>,
): Promise<void> {
  await using world = await World.open(partition);
  await world.fill();
  const before = await world.paceFor(ALONE_MS);
  let done = false;
  const began = performance.now();
  let took = 0;
  const removing = remove(world).then(() => {
    done = true;
    took = (performance.now() - began) / 1000;
  });
  const beside = await world.pace(() => done);
  await removing;
  const after = await world.paceFor(ALONE_MS);
  const alone = {
    inserted: before.inserted + after.inserted,
    seconds: before.seconds + after.seconds,
    cpu: before.cpu + after.cpu,
  };
  const each = alone.cpu / alone.inserted;
  const cost = (Math.max(0, beside.cpu - beside.inserted * each) * 1e6) / MESSAGES;
  say(
    `${name}: ${big(MESSAGES)} gone in ${took.toFixed(1)} s (${big(MESSAGES / took)}/s), ${cost.toFixed(1)} µs CPU of mongod each; ` +
      `inserts ${big(alone.inserted / alone.seconds)}/s at ${(each * 1e6).toFixed(1)} µs alone, ${big(beside.inserted / beside.seconds)}/s beside it`,
  );
}

const deleteByIndex = async ({ client }: World): Promise<void> => {
  await client.db('admin').command({ setParameter: 1, ttlMonitorEnabled: true });
  const old = client.db('bench').collection('logs_old');
  while ((await old.estimatedDocumentCount()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
};

const dropWhole = async ({ client }: World): Promise<void> => {
  const db = client.db('bench');
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  for (const name of names.filter((one) => one.startsWith('logs_old.'))) await db.dropCollection(name);
};

if (import.meta.main && !(await needsMongod({ own: true }))) {
  await measure('by the TTL index', undefined, deleteByIndex);
  await measure('dropped whole', 'day', dropWhole);
}
