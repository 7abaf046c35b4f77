import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { MongoWorld } from '../support/mongo-world.ts';
import { needsMongod, startReplicaSet } from '../support/mongod.ts';
import { compare, NumberedSender } from '../support/numbered.ts';
import { BIN, type Server } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Seconds between two primaries that step down, and how often: 10 s for two minutes in full, 10 and 12. */
const [EVERY = 4, TIMES = 2] = (process.env['CORDWOOD_STEPDOWNS'] ?? '3,2').split(',').map(Number);
/** Lines a second of each of two receivers. */
const RATE = 2000;
/** Inserts under way at once of each: forty in all. */
const IN_FLIGHT = 20;
const NAMES = ['a', 'b'] as const;

/** Follows at a receiver, and keeps how often it saw each line of each sender. */
class Follower {
  readonly seen = new Map<string, number>(NAMES.map((name) => [name, 0]));
  twice = 0;
  readonly #numbers = new Map<string, Set<number>>(NAMES.map((name) => [name, new Set()]));

  constructor(server: Server, config: string, context: TestContext) {
    const flags = ['-o', 'csv', '--fields', 'message', '-q', '--data', server.data, '--config', config];
    const child = spawn(process.execPath, [BIN, 'search', '-f', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    context.after(() => child.kill('SIGKILL'));
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#note(line.trim());
    });
  }

  #note(line: string): void {
    const [, name, number] = /^([ab]) (\d+)$/.exec(line) ?? [];
    const numbers = this.#numbers.get(name ?? '');
    if (!numbers) return;
    if (numbers.has(Number(number))) this.twice++;
    numbers.add(Number(number));
    this.seen.set(name!, numbers.size);
  }
}

/** The most inserts that the set's primary had under way at once, whenever one looked. */
async function mostInserts(client: MongoClient, ended: AbortSignal): Promise<number> {
  let most = 0;
  const stages = [{ $currentOp: {} }, { $match: { op: 'insert', active: true } }, { $count: 'inserts' }];
  while (!ended.aborted) {
    const [found] = await client
      .db('admin')
      .aggregate(stages)
      .toArray()
      .catch(() => []);
    most = Math.max(most, found?.['inserts'] ?? 0);
    await sleep(100, undefined, { signal: ended }).catch(() => {});
  }
  return most;
}

test('elections during forty inserts of two receivers lose and repeat nothing, also for a follower', {
  skip: await needsMongod({ own: true }),
}, async (context) => {
  await using world = new MongoWorld(await startReplicaSet());
  const { mongo: set, client, logs } = world;
  const config = world.config({ inFlight: IN_FLIGHT });
  await using one = await world.start({ data: world.data('one'), config });
  await using two = await world.start({ data: world.data('two'), config });
  const servers = [one, two];
  const follower = new Follower(one, config, context);
  const ended = new AbortController();
  context.after(() => ended.abort());
  const watcher = new MongoClient(set.uri);
  context.after(() => watcher.close());
  const most = mostInserts(watcher, ended.signal);
  const senders = await Promise.all(
    servers.map(async (server, index) => {
      return new NumberedSender(`127.0.0.1:${await server.port('tcp0')}`, RATE, NAMES[index]!);
    }),
  );
  for (let time = 0; time < TIMES; time++) {
    await sleep(EVERY * 1000);
    await set.stepDown();
  }
  await sleep(EVERY * 1000);
  const sent = await Promise.all(senders.map((sender) => sender.stop()));
  const all = sent.reduce((sum, each) => sum + each, 0);
  await until('all of it to be stored', async () => (await logs.countDocuments().catch(() => 0)) >= all, 90_000);
  for (const [index, name] of NAMES.entries()) {
    assert.deepEqual(await compare(logs, sent[index]!, name), { lost: 0, twice: 0 });
  }
  const followed = () => NAMES.every((name, index) => follower.seen.get(name)! >= sent[index]!);
  await until('the follower to see all', followed, 30_000).catch(() => {});
  assert.deepEqual([...follower.seen.values()], sent, 'what the follower saw');
  assert.equal(follower.twice, 0, 'what the follower saw twice');
  ended.abort();
  const { term } = await client.db('admin').command({ replSetGetStatus: 1 });
  assert.ok(term > TIMES, `there were only ${term} elections`);
  const retries = await Promise.all(servers.map(async (server) => (await server.stats()).counters['writer.retries']));
  context.diagnostic(
    `${all} sent, ${TIMES} primaries stepped down, ${retries.join(' and ')} batches sent again, up to ${await most} inserts at once`,
  );
});
