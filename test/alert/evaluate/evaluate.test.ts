import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertServiceOf, Lab, MINUTE, START } from '../lab.ts';

const lines = (count: number, host = 'web1') =>
  Array.from({ length: count }, (_, i) => ({ text: `upstream timed out ${i}`, host }));
const COUNT = { kind: 'count', query: 'timed', window: '10m', above: 20, by: ['hostname'] };
const ABSENT = { kind: 'absence', query: 'timed', window: '10m' };

test('exceeding a limit opens an incident, its end closes it, and each message counts once', async () => {
  const lab = new Lab([COUNT]);
  await lab.passTo(1);
  await lab.arrive(lines(15));
  await lab.passTo(3);
  await lab.arrive([...lines(10), ...lines(3, 'web2')]);
  await lab.passTo(20);
  assert.deepEqual(lab.short, ['firing 5 x25', 'resolved 15 x25']);
  const { notice } = lab.sent[0]!;
  assert.deepEqual(notice.incident.keys, [['["web1"]', 25]]);
  assert.deepEqual(notice.window, { from: START - 5 * MINUTE, to: START + 5 * MINUTE });
  assert.equal(notice.samples.length, 8);
});

test('an incident is repeated as often as the rule says, until it is acknowledged', async () => {
  const lab = new Lab([{ ...COUNT, repeat: '30m' }]);
  for (let minute = 1; minute < 75; minute++) {
    await lab.passTo(minute);
    await lab.arrive(lines(5));
  }
  assert.deepEqual(
    lab.short.map((one) => one.replace(/ x.*/, '')),
    ['firing 10', 'repeat 40', 'repeat 70'],
  );
});

test('keys that join an incident are reported before the next repeat, and less and less often', async () => {
  const lab = new Lab([{ ...COUNT, window: '5m', above: 2 }]);
  const service = alertServiceOf(lab);
  for (let minute = 1; minute < 100; minute++) {
    await lab.passTo(minute);
    await lab.arrive(lines(1));
    if (minute >= 12) await lab.arrive(lines(1, 'web9'));
    if (minute === 16) await service.acknowledge('rule-1');
    if (minute >= 17) await lab.arrive([...lines(2, `late${Math.floor(minute / 10)}`)]);
  }
  const reported = lab.sent.map(({ notice: { at, joined = [] } }) => [(at - START) / MINUTE, joined.join()]);
  assert.deepEqual(reported, [
    [5, ''],
    [15, '["web9"]'],
    [25, '["late2"],["late1"]'],
    [45, '["late3"],["late4"]'],
    [85, '["late5"],["late6"],["late7"],["late8"]'],
  ]);
  const { incident, samples } = lab.sent[1]!.notice;
  assert.deepEqual(incident.keys[0], ['["web9"]', 3]);
  assert.ok(samples.length > 0);
});

test('an incident is reported only after its condition has held as long as the rule says', async () => {
  const lab = new Lab([{ ...COUNT, window: '1m', schedule: '* * * * *', above: 2, for: '3m' }]);
  for (const minute of [1, 2, 10, 11, 12, 13]) {
    await lab.passTo(minute);
    await lab.arrive(lines(5));
  }
  await lab.passTo(20);
  assert.deepEqual(lab.short, ['firing 14 x20', 'resolved 15 x20']);
});

test('after downtime each tick is judged once, and its notice says that it is late', async () => {
  const lab = new Lab([{ ...COUNT, window: '5m', above: 2 }]);
  await lab.passTo(2);
  await lab.arrive(lines(5));
  lab.jumpTo(12);
  await lab.arrive(lines(7));
  lab.jumpTo(62);
  lab.restart();
  await lab.round();
  await lab.round();
  assert.deepEqual(lab.short, ['firing 5 x5', 'resolved 10 x5', 'firing 15 x7', 'resolved 20 x7']);
  assert.deepEqual(
    lab.sent.map(({ notice }) => (notice.foundAt - notice.at) / MINUTE),
    [57, 52, 47, 42],
  );
});

test('absence is reported only for times in which the server was listening', async () => {
  const lab = new Lab([{ kind: 'absence', query: 'timed', window: '10m', by: ['hostname'] }]);
  await lab.passTo(1);
  await lab.arrive([...lines(1), ...lines(1, 'web2')]);
  await lab.passTo(8);
  await lab.arrive(lines(1));
  lab.covered = false;
  await lab.passTo(15);
  assert.deepEqual(lab.short, []);
  lab.covered = true;
  await lab.passTo(16);
  await lab.arrive(lines(1));
  await lab.passTo(20);
  assert.deepEqual(
    lab.sent.map(({ notice }) => notice.incident.keys),
    [[['["web2"]', 0]]],
  );
  await lab.arrive(lines(1, 'web2'));
  await lab.passTo(25);
  assert.deepEqual(lab.short, ['firing 20 x0', 'resolved 25 x0']);
});

test('a match rule reports every message once, and no end', async () => {
  const lab = new Lab([{ kind: 'match', query: 'timed', schedule: '* * * * *', window: '5m' }]);
  await lab.passTo(1);
  await lab.arrive(lines(2));
  await lab.passTo(3);
  await lab.arrive(lines(3));
  await lab.passTo(9);
  await lab.arrive(lines(1));
  await lab.passTo(20);
  assert.deepEqual(lab.short, ['firing 2 x2', 'firing 4 x3', 'firing 10 x1']);
  assert.deepEqual(
    lab.sent.map(({ notice }) => notice.samples.length),
    [2, 3, 1],
  );
});

test('a match rule that is judged rarely also reports messages from before its window', async () => {
  const lab = new Lab([{ kind: 'match', query: 'timed', schedule: '*/30 * * * *', window: '5m' }]);
  await lab.passTo(2);
  await lab.arrive(lines(2));
  await lab.passTo(40);
  await lab.arrive(lines(1));
  await lab.passTo(70);
  assert.deepEqual(lab.short, ['firing 30 x2', 'firing 60 x3']);
  assert.deepEqual(
    lab.sent.map(({ notice }) => notice.samples.length),
    [2, 1],
  );
});

test('an incident is not over because the server was not listening', async () => {
  const lab = new Lab([
    { ...COUNT, window: '5m', above: 2 },
    { ...ABSENT, name: 'absent' },
  ]);
  await lab.passTo(1);
  await lab.arrive(lines(5));
  await lab.passTo(17);
  await lab.arrive(lines(5));
  await lab.passTo(20);
  assert.deepEqual(lab.short.sort(), [
    'firing 15 x0',
    'firing 20 x5',
    'firing 5 x5',
    'resolved 10 x5',
    'resolved 20 x0',
  ]);
  lab.covered = false;
  await lab.passTo(40);
  lab.covered = true;
  await lab.passTo(45);
  assert.deepEqual(lab.short.slice(5).sort(), ['firing 45 x0', 'resolved 45 x5']);
});

test('messages that arrived late are counted in the notice', async () => {
  const lab = new Lab([{ ...COUNT, window: '5m', above: 2 }]);
  await lab.passTo(2);
  await lab.arrive([...lines(3), { text: 'timed out long ago', sentAt: START - 60 * MINUTE }]);
  await lab.passTo(5);
  assert.equal(lab.sent[0]?.notice.late, 1);
});

test('a refused mail is sent again with the same id, also after a restart', async () => {
  const lab = new Lab([{ ...COUNT, window: '5m', above: 2 }]);
  await lab.passTo(2);
  await lab.arrive(lines(5));
  lab.refuse = 'connection refused';
  await lab.passTo(8);
  lab.restart();
  lab.refuse = undefined;
  await lab.passTo(30);
  assert.deepEqual(lab.short, ['firing 5 x5', 'resolved 10 x5']);
  assert.equal(new Set(lab.sent.map(({ notice }) => notice.id)).size, 2);
});

test('one summary counts the notices beyond the hourly limit', async () => {
  const rules = Array.from({ length: 30 }, (_, i) => ({
    ...COUNT,
    name: `rule-${i}`,
    window: '5m',
    above: 2,
    resolve: 'off',
  }));
  const lab = new Lab(rules, { maxPerHour: 5 });
  await lab.passTo(2);
  await lab.arrive(lines(5));
  await lab.passTo(20);
  assert.equal(lab.sent.length, 5);
  const summary = lab.sent.at(-1)!.notice;
  assert.equal(summary.kind, 'summary');
  assert.deepEqual([summary.summary?.notices, summary.summary?.matches], [26, 130]);
  await lab.passTo(120);
  assert.equal(lab.sent.length, 5);
});

test('a rule whose query changes starts again', async () => {
  const lab = new Lab([{ ...COUNT, window: '5m', above: 2 }]);
  await lab.passTo(2);
  await lab.arrive(lines(5));
  await lab.passTo(5);
  lab.restart([{ ...COUNT, window: '5m', above: 2, query: 'out' }]);
  await lab.passTo(20);
  assert.deepEqual(lab.short, ['firing 5 x5']);
});

test('mails wait for the end of quiet hours', async () => {
  const lab = new Lab([{ ...COUNT, window: '5m', above: 2, resolve: 'off', quiet: '08:00-09:30' }]);
  await lab.passTo(2);
  await lab.arrive(lines(5));
  await lab.passTo(29);
  assert.deepEqual(lab.short, []);
  await lab.passTo(31);
  assert.deepEqual(lab.short, ['firing 5 x5']);
});

test('a share of another query that is too large is reported', async () => {
  const rule = { kind: 'ratio', query: 'failed', of: 'request', above: 0.2, least: 10, window: '5m', by: ['hostname'] };
  const lab = new Lab([rule]);
  const requests = (host: string, failed: number) =>
    Array.from({ length: 20 }, (_, i) => ({ text: i < failed ? 'request failed' : 'request done', host }));
  await lab.passTo(1);
  await lab.arrive([...requests('web1', 4), ...requests('web2', 5), { text: 'request failed', host: 'web3' }]);
  await lab.passTo(10);
  assert.deepEqual(lab.short, ['firing 5 x5', 'resolved 10 x5']);
  assert.deepEqual(lab.sent[0]!.notice.incident.keys, [['["web2"]', 5]]);
});

test('a rise over the hour before is reported if the server was listening then', async () => {
  const lab = new Lab([{ kind: 'ratio', query: 'timed', against: '1h', above: 3, least: 10, window: '5m' }]);
  await lab.passTo(1);
  await lab.arrive(lines(4));
  await lab.passTo(61);
  await lab.arrive(lines(12));
  await lab.passTo(63);
  await lab.arrive(lines(1));
  await lab.passTo(66);
  assert.deepEqual(lab.short, ['firing 65 x13']);
  await lab.passTo(71);
  lab.covered = false;
  await lab.passTo(121);
  await lab.arrive(lines(50));
  await lab.passTo(126);
  assert.deepEqual(lab.short, ['firing 65 x13', 'resolved 70 x13']);
});
