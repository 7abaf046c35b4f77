import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { freePort } from './ports.ts';
import { find } from './require.ts';
import { temporaryFolder } from './tmp.ts';
import { until } from './until.ts';

/** A mongod's program: MONGOMS_SYSTEM_BINARY, the one on the path, or a download; undefined if there is none. */
async function program(): Promise<string | undefined> {
  const named = process.env['MONGOMS_SYSTEM_BINARY'];
  if (named && existsSync(named)) return named;
  const onPath = find('mongod');
  if (onPath) return onPath;
  try {
    const { MongoBinary } = await import('mongodb-memory-server-core/lib/util/MongoBinary.js');
    return await MongoBinary.getPath();
  } catch {
    return undefined;
  }
}

let found: Promise<string | undefined> | undefined;

/**
 * For `test(name, { skip: await needsMongod() }, …)`: false if there is a server to test with, else the
 * reason, printed, or an error under CORDWOOD_REQUIRE=all. A test that stops its server needs its own server:
 * MONGODB_URI does not do for it.
 */
export async function needsMongod({ own = false } = {}): Promise<string | false> {
  if (!own && process.env['MONGODB_URI']) return false;
  found ??= program();
  if (await found) return false;
  const reason = 'no mongod is there (MONGODB_URI, MONGOMS_SYSTEM_BINARY, the path, a download): its tests are SKIPPED';
  if (process.env['CORDWOOD_REQUIRE'] === 'all') throw new Error(`${reason}, and CORDWOOD_REQUIRE=all demands them`);
  process.stderr.write(`!! ${reason}\n`);
  return reason;
}

/** A mongod process with its own port and folder. */
export class Mongod implements AsyncDisposable {
  readonly port: number;
  /** What an address needs to reach it, beside its place. */
  readonly #options: string;
  readonly #folder: ReturnType<typeof temporaryFolder>;
  readonly #args: readonly string[];
  child: ChildProcess;

  private constructor(
    port: number,
    folder: ReturnType<typeof temporaryFolder>,
    command: readonly string[],
    options: string,
  ) {
    this.port = port;
    this.#folder = folder;
    this.#args = command;
    this.#options = options;
    this.child = this.#spawn();
  }

  /** @param options options for the URI of clients, e.g. `tls=true&…`, if the flags require any */
  static async start(more: readonly string[] = [], options = ''): Promise<Mongod> {
    found ??= program();
    const path = await found;
    if (!path) throw new Error('no mongod is there; ask needsMongod first');
    const folder = temporaryFolder();
    const port = await freePort();
    const data = join(folder.path, 'db');
    await mkdir(data);
    const mongod = new Mongod(port, folder, [path, '--dbpath', data, '--port', `${port}`, ...FLAGS, ...more], options);
    try {
      await mongod.ready();
    } catch (error) {
      await mongod[Symbol.asyncDispose]();
      throw error;
    }
    return mongod;
  }

  #spawn(): ChildProcess {
    const [path, ...args] = this.#args;
    const child = spawn(path!, args, { stdio: 'ignore' });
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    return child;
  }

  get uri(): string {
    return this.uriOf('');
  }

  /** The address for a user, `name` or `name:password`. */
  uriOf(user: string): string {
    const options = `directConnection=true${this.#options && `&${this.#options}`}`;
    return `mongodb://${user && `${user}@`}127.0.0.1:${this.port}/?${options}${user && '&authSource=admin'}`;
  }

  /** Resolves once it answers. */
  async ready(): Promise<void> {
    await until('mongod to answer', async () => {
      if (this.child.exitCode !== null) throw new Error(`mongod ended with code ${this.child.exitCode}`);
      const client = new MongoClient(this.uri, { serverSelectionTimeoutMS: 500 });
      try {
        await client.db('admin').command({ ping: 1 });
        return true;
      } catch {
        return false;
      } finally {
        await client.close();
      }
    });
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Starts it again on the same data and port. */
  async restart(): Promise<void> {
    await this.kill();
    this.child = this.#spawn();
    await this.ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#folder[Symbol.dispose]();
  }
}

const FLAGS = [
  ...['--bind_ip', '127.0.0.1', '--wiredTigerCacheSizeGB', '0.25'],
  // Each second it would measure itself, which takes a quarter of the CPU time of a start.
  ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
];

let databases = 0;

/** A server to test with: that of MONGODB_URI, or a new one. Each `database()` is an unused name. */
export type TestServer = { readonly uri: string; database(): string } & AsyncDisposable;

/** Starts a standalone server with these flags, or takes that of MONGODB_URI, whose databases it drops in the end. */
export async function startMongod(more: readonly string[] = []): Promise<TestServer> {
  const given = process.env['MONGODB_URI'];
  if (given) return serverOf(given, async () => {});
  const mongod = await Mongod.start(more);
  return serverOf(mongod.uri, () => mongod[Symbol.asyncDispose]());
}

/** A replica set of three members on this machine; `members` may be stopped. */
export type ReplicaSet = TestServer & { readonly members: readonly Mongod[]; stepDown(): Promise<void> };

/** Starts three members that elect each other within seconds. */
export async function startReplicaSet(more: readonly string[] = []): Promise<ReplicaSet> {
  const flags = ['--replSet', 'r', '--oplogSize', '256', ...more];
  const members = await Promise.all([1, 2, 3].map(() => Mongod.start(flags)));
  await using first = new MongoClient(members[0]!.uri);
  const config = {
    _id: 'r',
    members: members.map(({ port }, index) => ({ _id: index, host: `127.0.0.1:${port}` })),
    settings: { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500 },
  };
  await first.db('admin').command({ replSetInitiate: config });
  const uri = `mongodb://${members.map(({ port }) => `127.0.0.1:${port}`).join(',')}/?replicaSet=r`;
  const writable = async () => {
    await using client = new MongoClient(uri, { serverSelectionTimeoutMS: 20_000 });
    const { insertedId } = await client
      .db('test')
      .collection('up')
      .insertOne({}, { writeConcern: { w: 3 } });
    return insertedId !== undefined;
  };
  await until('the replica set to take a write', writable, 60_000);
  return {
    ...serverOf(uri, async () => void (await Promise.all(members.map((member) => member[Symbol.asyncDispose]())))),
    members,
    stepDown: async () => {
      await using client = new MongoClient(uri);
      // A primary that steps down closes the connection or answers, as it likes.
      const command = { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 3, force: true };
      await client
        .db('admin')
        .command(command)
        .catch(() => {});
    },
  };
}

function serverOf(uri: string, end: () => Promise<void>): TestServer {
  const names: string[] = [];
  return {
    uri,
    database: () => {
      const name = `cordwood_test_${process.pid}_${databases++}`;
      names.push(name);
      return name;
    },
    [Symbol.asyncDispose]: async () => {
      if (process.env['MONGODB_URI'] === uri) {
        await using client = new MongoClient(uri);
        for (const name of names) await client.db(name).dropDatabase();
      }
      await end();
    },
  };
}
