import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { arrivalOf, nodeOf } from '../../src/model/id.ts';
import { SECOND } from '../../src/base/units.ts';
import { EventStream } from '../support/event-stream.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { MongoWorld } from '../support/mongo-world.ts';
import { freePort } from '../support/ports.ts';
import { cordwood, type Server } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Lines go to both receivers for so long after a tail has begun, ms: reports of the other one take two seconds. */
const WATCHED_MS = 4 * SECOND;

/** Sends a line every few ms until disposed of. */
function sendSteadily(server: Server): AsyncDisposable {
  const stop = new AbortController();
  const sending = (async () => {
    for (let count = 0; !stop.signal.aborted; count++) {
      await server.send([`<14>1 - host app - - - number ${count}`]);
      await sleep(20);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await sending;
    },
  };
}

/** The ids of all messages that the database answers with, from the oldest on. */
async function everyId(config: string): Promise<string[]> {
  const { stdout } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'json', '--config', config, '-q']);
  return (stdout.match(/^.+$/gm) ?? []).map((line) => (JSON.parse(line) as { _id: string })._id).sort();
}

test('a tail that begins now has each later line of every receiver once, also those that arrived before it and are stored late', {
  skip: await needsMongod(),
}, async () => {
  const mongod = await startMongod();
  await using world = new MongoWorld(mongod, mongod.database());
  const web = await freePort();
  const config = world.config({ web: `127.0.0.1:${web}` });
  await using first = await world.start({ data: world.data('a'), config });
  await using second = await world.start({ data: world.data('b'), config: world.config() });
  const made = await cordwood(['token', 'add', 'tail', '--role', 'read', '--config', config]);
  assert.equal(made.code, 0, made.stderr);
  const token = made.stdout.trim();
  const seen = new Map<string, number>();
  let begin: readonly string[] = [];
  {
    await using _a = sendSteadily(first);
    await using _b = sendSteadily(second);
    const headers = { authorization: `Bearer ${token}` };
    await until('both receivers to be known', async () => {
      using stream = await EventStream.open(web, '/api/v1/tail', headers);
      if (stream.status !== 200) return false;
      for await (const { event, id } of stream.events()) if (event === 'cursor') return id!.split(',').length === 2;
      return false;
    });
    const now = Date.now();
    using stream = await EventStream.open(web, `/api/v1/tail?since=${now}`, headers);
    for await (const { event, id, data } of stream.events()) {
      if (event === 'cursor' && begin.length === 0) begin = id!.split(',');
      if (event !== 'lines') continue;
      for (const { _id } of data as { _id: string }[]) seen.set(_id, (seen.get(_id) ?? 0) + 1);
      const latest = (node: number): number =>
        Math.max(0, ...[...seen.keys()].filter((_id) => nodeOf(_id) === node).map(arrivalOf));
      if ([1, 2].every((node) => latest(node) > now + WATCHED_MS)) break;
    }
    assert.ok(
      begin.some((_id) => arrivalOf(_id) < now - 20),
      'one of the two was behind when the tail began',
    );
  }
  const last = (node: number): string =>
    [...seen.keys()]
      .filter((_id) => nodeOf(_id) === node)
      .sort()
      .at(-1)!;
  // A command knows how far each receiver is by its last report, which is up to two seconds old.
  const stored = await until('both receivers to report what was tailed', async () => {
    const ids = await everyId(config);
    return [1, 2].every((node) => ids.includes(last(node))) && ids;
  });
  const wanted = stored.filter((_id) => {
    const from = begin.find((other) => nodeOf(other) === nodeOf(_id))!;
    return _id > from && _id <= last(nodeOf(_id));
  });
  assert.deepEqual([...seen.keys()].sort(), wanted);
  assert.deepEqual(new Set(seen.values()), new Set([1]), 'none twice');
});
