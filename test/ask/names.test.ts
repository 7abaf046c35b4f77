import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, MINUTE, World } from './world.ts';

async function namesOf(world: World, of: string, prefix = ''): Promise<string[]> {
  return (await world.get('names', { of, prefix })).rows.map(({ name }) => name);
}

test('hosts and programs are those of the last messages that begin so, whatever the case', async () => {
  const world = new World();
  const ago = (ms: number) => new Date(world.now - ms);
  await world.add([
    { received_at: ago(2 * DAY), hostname: 'web3', appname: 'old' },
    { received_at: ago(MINUTE / 2), hostname: 'Web1', appname: 'sshd' },
    { received_at: ago(MINUTE / 3), hostname: 'web2', appname: 'nginx' },
    { received_at: ago(1), hostname: 'db1', appname: 'nginx' },
  ]);
  assert.deepEqual((await namesOf(world, 'host')).sort(), ['Web1', 'db1', 'web2']);
  assert.deepEqual((await namesOf(world, 'host', 'WE')).sort(), ['Web1', 'web2']);
  assert.deepEqual((await namesOf(world, 'program')).sort(), ['nginx', 'sshd']);
  assert.deepEqual(await namesOf(world, 'program', 'x'), []);
  assert.ok((await namesOf(world, 'field', 'host')).includes('hostname'));
});

test('hosts of the ledger are named, also if they never sent anything', async () => {
  const world = new World();
  await world.context.hosts.expect(['web9']);
  const rows = [{ host: 'web9', first: 0, last: 0, messages: 0, rhythm: [], transports: [], formats: [] }];
  await world.alertState.put('hosts/rows/0', rows, 0);
  assert.deepEqual(await namesOf(world, 'host', 'web'), ['web9']);
});

test('streams, listeners, rules and holds are named', async () => {
  const world = new World();
  await world.add([{ received_at: new Date(world.now - MINUTE) }]);
  await world.get('hold-add', { since: 0, name: 'case-17', why: 'a test' });
  assert.deepEqual(await namesOf(world, 'stream'), ['default']);
  assert.deepEqual(await namesOf(world, 'listener'), []);
  assert.deepEqual(await namesOf(world, 'hold', 'case'), ['case-17']);
  assert.deepEqual(await namesOf(world, 'rule'), []);
  assert.deepEqual(await namesOf(world, 'forward'), []);
});

test('an answer has 1,000 names at most, and says so, and none of more than 255 characters', async () => {
  const world = new World();
  const received_at = new Date(world.now - 1);
  const drafts = Array.from({ length: 1001 }, (_, index) => ({ received_at, hostname: `h${index}` }));
  await world.add([...drafts, { received_at, appname: 'a'.repeat(300) }]);
  const { rows, end } = await world.get('names', { of: 'host', prefix: 'h' });
  assert.deepEqual([rows.length, end.limited], [1000, true]);
  assert.deepEqual(await namesOf(world, 'program'), []);
});

test('an unknown kind of name is refused', async () => {
  await assert.rejects(new World().get('names', { of: 'wine', prefix: '' }), /cannot answer names: of: /);
});
