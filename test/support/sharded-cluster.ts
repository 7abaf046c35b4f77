import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MongoClient } from 'mongodb';
import { Mongod } from './mongod.ts';
import { canConnect, freePort } from './ports.ts';
import { until } from './until.ts';

/** A sharded cluster on this machine: a configuration server, two shards of one member, two routers. */
export class ShardedCluster implements AsyncDisposable {
  readonly #parts: AsyncDisposableStack;
  /** The addresses of the routers. */
  readonly uris: readonly string[];

  private constructor(parts: AsyncDisposableStack, uris: readonly string[]) {
    this.#parts = parts;
    this.uris = uris;
  }

  /** @param mongos the program of the routers */
  static async start(mongos: string): Promise<ShardedCluster> {
    await using parts = new AsyncDisposableStack();
    const config = parts.use(await member('config', '--configsvr'));
    const shards = [parts.use(await member('shard0', '--shardsvr')), parts.use(await member('shard1', '--shardsvr'))];
    const uris: string[] = [];
    for (let index = 0; index < 2; index++) {
      const port = await freePort();
      const args = ['--configdb', `config/127.0.0.1:${config.port}`, '--port', `${port}`, '--bind_ip', '127.0.0.1'];
      const router = parts.adopt(spawn(mongos, args, { stdio: 'ignore' }), end);
      await until('the router to listen', async () => {
        if (router.exitCode !== null) throw new Error(`mongos ended with code ${router.exitCode}`);
        return await canConnect(port);
      });
      uris.push(`mongodb://127.0.0.1:${port}/`);
    }
    await using client = new MongoClient(uris[0]!);
    for (const [index, { port }] of shards.entries()) {
      await client.db('admin').command({ addShard: `shard${index}/127.0.0.1:${port}` });
    }
    return new ShardedCluster(parts.move(), uris);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }
}

/** A replica set of one member, once it has a primary. */
async function member(name: string, role: '--configsvr' | '--shardsvr'): Promise<Mongod> {
  const mongod = await Mongod.start(['--replSet', name, role]);
  await using client = new MongoClient(mongod.uri);
  const members = [{ _id: 0, host: `127.0.0.1:${mongod.port}` }];
  await client.db('admin').command({ replSetInitiate: { _id: name, members } });
  await until('a primary', async () => (await client.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true);
  return mongod;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
