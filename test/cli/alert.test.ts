import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutboxStatus } from '../../src/alert/notices/outbox-status.ts';
import { NOW, runFake } from './fake.ts';

const MINUTE = 60_000;
const ROW = { rule: 'fires', kind: 'match', condition: 'every message', schedule: '* * * * *', waiting: 2 };
const at = (ms: number) => new Date(ms).toISOString().slice(11, 19);

const list = async (outbox: OutboxStatus) =>
  (await runFake(['alert', 'list', '--utc'], { rows: [{ outbox }, ROW] })).stdout.split('\n');

test('alert list first shows notices that cannot be sent: how many, since when, why, and the next try', async () => {
  const [first, second, third, fourth] = await list({
    ...{ waiting: 2, since: NOW - 90 * MINUTE, failure: 'mail.example.org:25 closes the connection\x1b[31m' },
    ...{ nextAt: NOW + MINUTE, refused: 0 },
  });
  const since = at(NOW - 90 * MINUTE);
  assert.match(
    first!,
    new RegExp(
      `^NOT SENT {2}2 notices have been waiting since \\w{3} .\\d ${since} \\(1h 30m\\): mail\\.example\\.org:25 closes`,
    ),
  );
  assert.ok(!first!.includes('\x1b'));
  assert.match(second!, new RegExp(`^ +next try at \\w{3} .\\d ${at(NOW + MINUTE)}$`));
  assert.equal(third, '');
  assert.equal(fourth, 'NEW     fires: every message, judged at * * * * *');
});

test('alert list shows notices rejected for good with the remedy, and those held back by the limit', async () => {
  const lastRefused = { recipient: 'gone@example.org', at: NOW, failure: 'm:25 refuses the address: 550 no such user' };
  const [first, second, third] = await list({ waiting: 1, since: NOW - MINUTE, refused: 3, lastRefused });
  assert.match(
    first!,
    /^NOT SENT {2}1 notice has been waiting since .* \(1m\): the limit mail.max_per_hour is reached, or no server is running$/,
  );
  assert.match(
    second!,
    /^REJECTED {2}3 notices rejected for good, the last for gone@example\.org at .*: m:25 refuses the address: 550/,
  );
  assert.match(third!, /cordwood alert retry$/);
});

test('alert show of a name that no rule and no incident has exits with 2 and names the nearest', async () => {
  const { code, stderr } = await runFake(['alert', 'show', 'firse'], { rows: [] });
  assert.equal(code, 2);
  assert.match(stderr, /cannot show "firse": no rule and no incident has this name/);
});

test('a backtest of less than a day names its length', async () => {
  const { stdout } = await runFake(['alert', 'test', 'fires'], { rows: [{ ticks: 30, mails: 2, days: 0.02 }] });
  assert.equal(stdout, '2 mails in 29m, judged 30 times\n');
});

test('alert retry notes how many notices are tried again', async () => {
  const retried = async (count: number) => (await runFake(['alert', 'retry'], { rows: [{ retried: count }] })).stderr;
  assert.match(await retried(1), /1 notice will be tried again within a minute/);
  assert.match(await retried(3), /3 notices will be tried again within a minute/);
  assert.match(await retried(0), /nothing to retry: no notice was rejected/);
});
