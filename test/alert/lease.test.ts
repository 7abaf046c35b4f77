import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lab, MINUTE, START } from './lab.ts';

const COUNT = { kind: 'count', query: 'timed', window: '5m', above: 2 };
const three = [1, 2, 3].map((i) => ({ text: `timed out ${i}` }));

test('one of two processes judges; if it stops, the other takes over when the lease expires', async () => {
  const lab = new Lab([COUNT]);
  const [first, second] = [await lab.beside('first'), await lab.beside('second')];
  await first.round();
  lab.now += 3 * MINUTE;
  await first.round();
  await lab.arrive(three);
  lab.now = START + 5 * MINUTE - 1000;
  await first.round();
  lab.now += 2000;
  await second.round();
  assert.deepEqual(lab.short, []);
  lab.now += 30_000;
  await second.round();
  assert.deepEqual(lab.short, ['firing 5 x3']);
  await first.round();
  assert.deepEqual(lab.short, ['firing 5 x3']);
});

test('a process that was stopped in mid-judgement for longer than its lease writes nothing and sends nothing', async () => {
  const lab = new Lab([COUNT]);
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let stops = false;
  const { store } = lab.world;
  const stopping: typeof store = {
    find: (...args) => store.find(...args),
    aggregate: async (...args) => {
      const groups = await store.aggregate(...args);
      if (stops) {
        reached.resolve();
        await gate.promise;
      }
      return groups;
    },
  };
  const first = await lab.beside('first', { store: stopping });
  const second = await lab.beside('second');
  await first.round();
  lab.now += 3 * MINUTE;
  await lab.arrive(three);
  lab.now = START + 5 * MINUTE + 31_000;
  stops = true;
  const stopped = first.round();
  await reached.promise;
  lab.now += MINUTE;
  await second.round();
  assert.deepEqual(lab.short, ['firing 5 x3']);
  const before = await lab.world.state.scan('');
  gate.resolve();
  await stopped;
  assert.deepEqual(await lab.world.state.scan(''), before);
  assert.deepEqual(lab.short, ['firing 5 x3']);
});

test('a process that gets the lease back continues from what the other one has written', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  const [first, second] = [await lab.beside('first'), await lab.beside('second')];
  const passTo = async (minute: number, one: typeof first): Promise<void> => {
    while (lab.now < START + minute * MINUTE) {
      lab.now += MINUTE;
      lab.storedUpTo.set(1, lab.now);
      await one.round();
    }
  };
  await passTo(2, first);
  await lab.arrive([{ text: 'hello', host: 'db3' }]);
  await passTo(4, first);
  lab.now += MINUTE;
  await lab.arrive([{ text: 'hello', host: 'db3' }]);
  await passTo(9, second);
  await lab.world.state.put('hosts/orders', [{ retire: 'db3' }], 0);
  await passTo(12, second);
  await passTo(15, first);
  const rows = (await lab.world.state.scan('hosts/rows/')).flatMap(({ value }) => value as { host: string }[]);
  assert.deepEqual(rows, []);
});
