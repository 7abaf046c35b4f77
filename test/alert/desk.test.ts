import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertDesk, BacktestRow, ShownLetter } from '../../src/alert/contract.ts';
import { deskOf, Lab, MINUTE, ruleOf, START } from './lab.ts';

const COUNT = { kind: 'count', query: 'timed', window: '5m', above: 2, repeat: '10m' };
const three = [1, 2, 3].map((i) => ({ text: `timed out ${i}` }));

async function firing(until: number): Promise<{ lab: Lab; desk: AlertDesk }> {
  const lab = new Lab([COUNT]);
  for (let minute = 1; minute < until; minute++) {
    await lab.passTo(minute);
    await lab.arrive(three);
  }
  return { lab, desk: deskOf(lab, [ruleOf(COUNT)]) };
}

test('a rule is shown with what is firing, and with what was told of it', async () => {
  const { lab, desk } = await firing(8);
  const [row] = await desk.list();
  assert.deepEqual([row?.rule, row?.condition, row?.incident?.id], ['rule', 'more than 2 in 5m', 'rule-1']);
  const [letter, ...more] = await desk.letters('rule-1');
  assert.equal(more.length, 0);
  assert.equal(letter?.state, 'sent');
  assert.match(letter.subject, /^\[FIRING warning x12\] web1 nginx: timed out 1 \(rule rule\)$/);
  assert.match(letter.text, /^FIRING since 2026-11-23 09:00:00 \+00:00/);
  assert.equal(lab.told.length, 1);
});

test('what somebody knows of is not repeated, and its end is told', async () => {
  const { lab, desk } = await firing(8);
  await desk.acknowledge('rule-1', 'Ada is on it');
  for (let minute = 8; minute < 30; minute++) {
    await lab.passTo(minute);
    await lab.arrive(three);
  }
  await lab.passTo(40);
  assert.deepEqual(
    lab.short.map((one) => one.split(' ')[0]),
    ['firing', 'resolved'],
  );
  assert.deepEqual((await desk.list())[0]?.incident, undefined);
});

test('nobody is told of a rule that is silenced, nor of anything while all is muted', async () => {
  const { lab, desk } = await firing(3);
  await desk.silence('rule', 10 * MINUTE);
  assert.equal((await desk.list())[0]?.silencedUntil, lab.now + 10 * MINUTE);
  await lab.passTo(8);
  assert.deepEqual(lab.short, []);
  await desk.silence('rule', 0);
  await desk.mute(60 * MINUTE);
  await lab.arrive(three);
  await lab.passTo(30);
  assert.deepEqual(lab.short, []);
  await desk.mute(0);
  assert.equal(await desk.muted(), undefined);
  await lab.arrive(three);
  await lab.passTo(35);
  assert.deepEqual(lab.short, ['firing 35 x3']);
});

test('an incident that is closed by hand opens again where its condition still holds', async () => {
  const { lab, desk } = await firing(8);
  await desk.resolve('rule-1');
  assert.equal((await desk.list())[0]?.incident, undefined);
  await lab.passTo(10);
  assert.deepEqual(
    lab.told.map(({ notice }) => notice.incident.id),
    ['rule-1', 'rule-2'],
  );
});

test('what is not there is refused with what is', async () => {
  const { desk } = await firing(8);
  await assert.rejects(desk.acknowledge('rule-2'), /cannot find the open incident "rule-2".*rule-1/);
  await assert.rejects(desk.silence('rul', 1), /cannot find the rule "rul".*rule/);
});

test('a backtest gives the mails that were sent, and a limit that gives fewer', async () => {
  const lab = new Lab([COUNT]);
  for (let minute = 1; minute < 120; minute++) {
    await lab.passTo(minute);
    if (minute % 20 < 4) await lab.arrive([...three, ...(minute === 61 ? Array(20).fill(three[0]) : [])]);
  }
  const letters: ShownLetter[] = [];
  let end: Extract<BacktestRow, { ticks: number }> | undefined;
  const options = { since: START, until: lab.now, perWeek: 2, signal: new AbortController().signal };
  for await (const row of deskOf(lab, [ruleOf(COUNT)]).test('rule', options)) {
    if ('notice' in row) letters.push(row);
    else if ('ticks' in row) end = row;
  }
  assert.deepEqual(
    letters.map(({ notice }) => `${notice.kind} ${notice.at}`),
    lab.told.map(({ notice }) => `${notice.kind} ${notice.at}`),
  );
  assert.ok(letters.length > 6);
  assert.deepEqual([end?.ticks, end?.mails], [23, letters.length]);
  assert.deepEqual(end?.threshold, { above: 12, perWeek: 2 });
});
