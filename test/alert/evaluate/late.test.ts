import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lab, MINUTE, START } from '../lab.ts';

const lines = (count: number, host = 'web1') =>
  Array.from({ length: count }, (_, i) => ({ text: `upstream timed out ${i}`, host }));
const COUNT = { kind: 'count', query: 'timed', window: '5m', above: 2, by: ['hostname'] };

/** A lab with a second node that has stored nothing since the start. */
function withDeadNode(rule: object): Lab {
  const lab = new Lab([rule]);
  lab.storedUpTo.set(2, START);
  lab.stuck.add(2);
  return lab;
}

test('messages that a node brings after its silence are judged again, as late, and only once', async () => {
  const lab = withDeadNode(COUNT);
  await lab.passTo(10);
  assert.deepEqual(lab.short, []);
  await lab.arrive(lines(5), { node: 2, at: START + 2 * MINUTE });
  await lab.passTo(30);
  assert.deepEqual(lab.short, ['late 5 x5']);
});

test('a match rule reports each late message once, and none that was reported before', async () => {
  const lab = withDeadNode({ kind: 'match', query: 'timed', schedule: '* * * * *', window: '5m' });
  await lab.passTo(2);
  await lab.arrive([{ text: 'timed out here', host: 'web1' }]);
  await lab.passTo(10);
  await lab.arrive([{ text: 'timed out there', host: 'web2' }], { node: 2, at: START + 2 * MINUTE });
  await lab.arrive([{ text: 'timed out there again', host: 'web2' }], { node: 2, at: START + 7 * MINUTE });
  await lab.passTo(20);
  assert.deepEqual(lab.short, ['firing 3 x1', 'late 8 x2']);
  assert.deepEqual(
    lab.sent[1]!.notice.samples.map(({ message }) => message),
    ['timed out there', 'timed out there again'],
  );
});

test('late messages of a window that fired are reported if they make another key fire', async () => {
  const lab = withDeadNode({ ...COUNT, resolve: 'off' });
  await lab.passTo(1);
  await lab.arrive(lines(5));
  await lab.passTo(10);
  await lab.arrive([...lines(4), ...lines(2, 'web2')], { node: 2, at: START + 2 * MINUTE });
  await lab.passTo(15);
  assert.deepEqual(lab.short, ['firing 5 x5']);
  await lab.arrive(lines(1, 'web2'), { node: 2, at: START + 3 * MINUTE });
  await lab.passTo(30);
  assert.deepEqual(lab.short, ['firing 5 x5', 'late 5 x3']);
  assert.deepEqual(lab.sent[1]!.notice.incident.keys, [['["web2"]', 3]]);
});

test('a day of messages that a node brings at once is judged whole, with one mail for each stretch', async () => {
  const lab = withDeadNode({ ...COUNT, window: '2m', schedule: '* * * * *' });
  await lab.passTo(1);
  lab.jumpTo(1500);
  await lab.round();
  await lab.round();
  await lab.round();
  for (const minute of [3, 4, 5, 600, 1400]) {
    await lab.arrive(lines(4), { node: 2, at: START + minute * MINUTE });
  }
  await lab.passTo(1510);
  assert.deepEqual(lab.short, ['late 7 x12', 'late 602 x4', 'late 1402 x4']);
  assert.deepEqual(lab.sent[0]!.notice.window, { from: START + 2 * MINUTE, to: START + 7 * MINUTE });
});

test('a rule ignores messages from before it was made', async () => {
  const lab = withDeadNode(COUNT);
  await lab.passTo(10);
  await lab.arrive(lines(9), { node: 2, at: START - 30 * MINUTE });
  await lab.passTo(20);
  assert.deepEqual(lab.short, []);
});

test('a notice found in quiet hours waits for their end, whenever it happened', async () => {
  const lab = withDeadNode({ ...COUNT, quiet: '09:08-09:40' });
  await lab.passTo(10);
  await lab.arrive(lines(5), { node: 2, at: START + 2 * MINUTE });
  await lab.passTo(39);
  assert.deepEqual(lab.short, []);
  await lab.passTo(41);
  assert.deepEqual(lab.short, ['late 5 x5']);
});
