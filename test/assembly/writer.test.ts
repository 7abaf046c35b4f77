import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStoreReader } from '../../src/stores/index.ts';
import type { FromWriter, ToWriter } from '../../src/assembly/messages.ts';
import { neverAborted } from '../../src/base/abort.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { type FakeMain, World } from './world.ts';

/** Sends the writer what the main thread sends once its spool is open. */
function start(world: World, main: FakeMain<ToWriter, FromWriter>): void {
  main.post({ kind: 'start', nonce: world.spool.nonce, lastEarlier: world.spool.recovered.lastSequence });
}

/** The texts of all stored messages, oldest first. */
async function storedTexts({ settings }: World): Promise<string[]> {
  await using store = await openStoreReader(settings, Date.now);
  const found: LogMessage[] = [];
  for await (const messages of store.find({ filter: { kind: 'all' }, order: 'oldest' }, neverAborted()))
    found.push(...messages);
  return found.map(({ message }) => message);
}

test('the writer stores what is durable and reports how far it is safe', async () => {
  using folder = temporaryFolder();
  await using world = await World.open(folder.path);
  const { main, ended } = world.startWriter();
  assert.equal((await main.next('opened')).latest, 0);
  start(world, main);
  const { node, safe } = await main.next('ready');
  assert.deepEqual({ node, safe }, { node: 1, safe: 0 });
  await world.receive('<13>1 - web1 app - - - one', '<13>1 - web1 app - - - two');
  main.post({ kind: 'drain' });
  await ended;
  const { sequence } = await main.next('safe');
  assert.equal(sequence, world.spool.durable.sequence);
  assert.equal(world.visible.position?.sequence, sequence);
  assert.equal(world.counters.get('writer.messages'), 2);
  assert.deepEqual(await storedTexts(world), ['one', 'two']);
});

test('a writer that is drained before the spool is open ends without storing anything', async () => {
  using folder = temporaryFolder();
  await using world = await World.open(folder.path);
  const { main, ended } = world.startWriter();
  await world.receive('<13>1 - web1 app - - - one');
  main.post({ kind: 'drain' });
  await ended;
  assert.deepEqual(
    main.received.map(({ kind }) => kind),
    ['opened'],
  );
  assert.equal(world.visible.position, undefined);
});

test('a writer that starts after another one stores only what the other left', async () => {
  using folder = temporaryFolder();
  await using world = await World.open(folder.path);
  const first = world.startWriter();
  start(world, first.main);
  await world.receive('<13>1 - web1 app - - - one');
  await first.main.next('ready');
  first.main.post({ kind: 'drain' });
  await first.ended;
  await world.receive('<13>1 - web1 app - - - two');
  const second = world.startWriter();
  start(world, second.main);
  const { safe } = await second.main.next('ready');
  assert.equal(safe, (await first.main.next('safe')).sequence);
  second.main.post({ kind: 'drain' });
  await second.ended;
  assert.deepEqual(await storedTexts(world), ['one', 'two']);
  assert.equal(world.counters.get('writer.messages'), 2);
});

test('the writer answers a ping and pipes later messages through a reloaded pipeline', async () => {
  using folder = temporaryFolder();
  await using world = await World.open(folder.path);
  const { main, ended } = world.startWriter();
  start(world, main);
  await main.next('ready');
  main.post({ kind: 'ping' });
  await main.next('pong');
  const pipeline = [{ kind: 'drop', name: 'noise', match: 'noisy' }] as const;
  const counters = [...world.counters.names, 'pipeline.noise.dropped'];
  world.counters.add(counters);
  main.post({ kind: 'reload', settings: { ...world.settings, pipeline }, counters });
  // The new pipeline is opened beside the storing: it counts from some later batch on.
  await until('the new pipeline', async () => {
    await world.receive('<13>1 - web1 app - - - noisy');
    return world.counters.get('pipeline.noise.dropped') > 0;
  });
  await world.receive('<13>1 - web1 app - - - quiet, not noisy', '<13>1 - web1 app - - - quiet');
  main.post({ kind: 'drain' });
  await ended;
  const texts = await storedTexts(world);
  assert.equal(texts.at(-1), 'quiet');
  assert.ok(!texts.includes('quiet, not noisy'));
});
