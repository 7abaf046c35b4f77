import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { entries, ForwardLab, numbersIn, range } from './lab.ts';
import { RelpReceiver } from './receivers.ts';

test('what expires before it is sent is counted exactly, and recorded as a gap', async () => {
  await using receiver = await new RelpReceiver().open();
  const { address } = receiver;
  await receiver.kill();
  await using lab = new ForwardLab({ keep: 60_000 });
  lab.start(entries({ kind: 'relp', name: 'central', to: [address], from: 'start' }));
  await lab.lines(0, 30);
  // Expired in 60 s: the clock goes on until what was stored at the beginning is about to be deleted.
  lab.ahead += 58_000;
  await lab.lines(30, 50);
  await until('the loss', () => lab.count('central', 'lost') > 0);
  await receiver.open();
  await until('the rest', () => receiver.lines.length === 20);
  assert.deepEqual(numbersIn(receiver.lines), range(30, 50));
  assert.equal(lab.count('central', 'lost'), 30);
  assert.deepEqual(
    lab.gaps.map(({ reason, count }) => [reason, count]),
    [['not_forwarded', 30]],
  );
});

test('what expires while a slow destination is served is counted exactly: each message is either sent or lost', async () => {
  await using receiver = await new RelpReceiver().open();
  await using lab = new ForwardLab({ keep: 60_000 });
  await lab.lines(0, 1000);
  const rate = { per_second: 100, burst: 1 };
  lab.start(entries({ kind: 'relp', name: 'slow', to: [receiver.address], from: 'start', rate }));
  await until('some lines', () => receiver.lines.length > 50);
  lab.ahead += 58_000;
  await lab.lines(1000, 1010);
  await until('the loss, and the rest', () => numbersIn(receiver.lines).at(-1) === 1009);
  const numbers = numbersIn(receiver.lines);
  const sent = numbers.filter((number) => number < 1000).length;
  assert.deepEqual(numbers, [...range(0, sent), ...range(1000, 1010)]);
  assert.equal(lab.count('slow', 'lost'), 1000 - sent);
  assert.deepEqual(
    lab.gaps.map(({ reason, count }) => [reason, count]),
    [['not_forwarded', 1000 - sent]],
  );
});

test('what waits for a slow destination is known to the message', async () => {
  await using receiver = await new RelpReceiver().open();
  await using lab = new ForwardLab();
  await lab.lines(0, 1000);
  const rate = { per_second: 100, burst: 1 };
  lab.start(entries({ kind: 'relp', name: 'slow', to: [receiver.address], from: 'start', rate }));
  await until('a position', async () => ((await lab.row('slow'))?.sent ?? 0) > 100);
  const { sent, status } = (await lab.row('slow'))!;
  assert.ok(Math.abs(1000 - sent - status.waiting) < 60, `${sent} sent, ${status.waiting} wait`);
});

test('a rate is kept after a backlog, and nothing is dropped', async () => {
  await using receiver = await new RelpReceiver().open();
  await using lab = new ForwardLab();
  await lab.lines(0, 600);
  const began = performance.now();
  lab.start(
    entries({ kind: 'relp', name: 'slow', to: [receiver.address], from: 'start', rate: { per_second: 200, burst: 1 } }),
  );
  await until('everything', () => receiver.lines.length === 600);
  const seconds = (performance.now() - began) / 1000;
  assert.ok(seconds >= 2.95, `600 lines at 200/s took ${seconds.toFixed(2)} s`);
  assert.deepEqual(numbersIn(receiver.lines), range(0, 600));
});

test('a person can skip what waits, which is recorded', async () => {
  await using receiver = await new RelpReceiver().open();
  await using lab = new ForwardLab();
  const { address } = receiver;
  await receiver.kill();
  const settings = entries({ kind: 'relp', name: 'siem', to: [address], from: 'start' });
  lab.start(settings);
  await lab.lines(0, 10);
  await sleep(20);
  await lab.lines(10, 11);
  await until('a failure', async () => (await lab.row('siem'))?.status.failure);
  await lab.service(settings).skip('siem', 'now', 'licence');
  await until('the gap', () => lab.gaps.length === 1);
  assert.equal(lab.gaps[0]!.count, 11);
  await receiver.open();
  await lab.lines(11, 13);
  await until('the new lines', () => receiver.lines.length === 2);
  assert.deepEqual(numbersIn(receiver.lines), [11, 12]);
  await assert.rejects(lab.service(settings).skip('sime', 'now', 'x'), /did you mean "siem"/);
});
