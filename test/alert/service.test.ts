import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertService, BacktestRow, ShownDelivery } from '../../src/alert/contract.ts';
import { alertServiceOf, Lab, MINUTE, ruleOf, START } from './lab.ts';

const COUNT = { kind: 'count', query: 'timed', window: '5m', above: 2, repeat: '10m' };
const three = [1, 2, 3].map((i) => ({ text: `timed out ${i}` }));

async function firing(until: number): Promise<{ lab: Lab; service: AlertService }> {
  const lab = new Lab([COUNT]);
  for (let minute = 1; minute < until; minute++) {
    await lab.passTo(minute);
    await lab.arrive(three);
  }
  return { lab, service: alertServiceOf(lab, [ruleOf(COUNT)]) };
}

test('a rule is listed with its incident, and an incident with its deliveries', async () => {
  const { lab, service } = await firing(8);
  const [row] = await service.list();
  assert.deepEqual([row?.rule, row?.condition, row?.incident?.id], ['rule', 'more than 2 in 5m', 'rule-1']);
  const [delivery, ...more] = await service.deliveries('rule-1');
  assert.equal(more.length, 0);
  assert.equal(delivery?.state, 'sent');
  assert.match(delivery.subject, /^\[FIRING warning x12\] web1 nginx: timed out 1 \(rule rule\)$/);
  assert.match(delivery.text, /^FIRING since 2026-11-23 09:00:00 \+00:00/);
  assert.equal(lab.sent.length, 1);
});

test('an acknowledged incident is not repeated, but its end is reported', async () => {
  const { lab, service } = await firing(8);
  await service.acknowledge('rule-1', 'Ada is on it');
  for (let minute = 8; minute < 30; minute++) {
    await lab.passTo(minute);
    await lab.arrive(three);
  }
  await lab.passTo(40);
  assert.deepEqual(
    lab.short.map((one) => one.split(' ')[0]),
    ['firing', 'resolved'],
  );
  assert.deepEqual((await service.list())[0]?.incident, undefined);
});

test('no notices are sent for a silenced rule, and none at all while muted', async () => {
  const { lab, service } = await firing(3);
  await service.silence('rule', 10 * MINUTE);
  assert.equal((await service.list())[0]?.silencedUntil, lab.now + 10 * MINUTE);
  await lab.passTo(8);
  assert.deepEqual(lab.short, []);
  await service.silence('rule', 0);
  await service.mute(60 * MINUTE);
  await lab.arrive(three);
  await lab.passTo(30);
  assert.deepEqual(lab.short, []);
  await service.mute(0);
  assert.equal(await service.muted(), undefined);
  await lab.arrive(three);
  await lab.passTo(35);
  assert.deepEqual(lab.short, ['firing 35 x3']);
});

test('an incident that is closed by hand opens again if its condition still holds', async () => {
  const { lab, service } = await firing(8);
  await service.resolve('rule-1');
  assert.equal((await service.list())[0]?.incident, undefined);
  await lab.passTo(10);
  assert.deepEqual(
    lab.sent.map(({ notice }) => notice.incident.id),
    ['rule-1', 'rule-2'],
  );
});

test('the error for an unknown name lists the known names', async () => {
  const { service } = await firing(8);
  await assert.rejects(service.acknowledge('rule-2'), /cannot find the open incident "rule-2".*rule-1/);
  await assert.rejects(service.silence('rul', 1), /cannot find the rule "rul".*rule/);
});

test('a backtest yields the deliveries that were made, and suggests a limit that causes fewer', async () => {
  const lab = new Lab([COUNT]);
  for (let minute = 1; minute < 120; minute++) {
    await lab.passTo(minute);
    if (minute % 20 < 4) await lab.arrive([...three, ...(minute === 61 ? Array(20).fill(three[0]) : [])]);
  }
  const deliveries: ShownDelivery[] = [];
  let end: Extract<BacktestRow, { ticks: number }> | undefined;
  const options = { since: START, until: lab.now, perWeek: 2, signal: new AbortController().signal };
  for await (const row of alertServiceOf(lab, [ruleOf(COUNT)]).test('rule', options)) {
    if ('notice' in row) deliveries.push(row);
    else if ('ticks' in row) end = row;
  }
  assert.deepEqual(
    deliveries.map(({ notice }) => `${notice.kind} ${notice.at}`),
    lab.sent.map(({ notice }) => `${notice.kind} ${notice.at}`),
  );
  assert.ok(deliveries.length > 6);
  assert.deepEqual([end?.ticks, end?.mails], [23, deliveries.length]);
  assert.deepEqual(end?.threshold, { above: 12, perWeek: 2 });
});
