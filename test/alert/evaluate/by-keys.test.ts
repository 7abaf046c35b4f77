import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShownDelivery } from '../../../src/alert/contract.ts';
import { neverAborted } from '../../../src/base/abort.ts';
import { parseQuery } from '../../../src/query/index.ts';
import { alertServiceOf, Lab, type Line, ruleOf, START } from '../lab.ts';

const RULE = { kind: 'count', query: 'timed OR refused', window: '10m', above: 20, by: ['hostname'] };
const linesOf = (host: string, count: number, more: Partial<Line> = {}): Line[] =>
  Array.from({ length: count }, (_, i) => ({ text: `upstream timed out ${i}`, host, ...more }));

/** Three lines of one host, then thirty of each of three others. */
async function fired(rule: object, lines: readonly Line[]): Promise<Lab> {
  const lab = new Lab([rule]);
  await lab.passTo(1);
  await lab.arrive(lines);
  await lab.passTo(5);
  return lab;
}
const FOUR = [...linesOf('db9', 3), ...['web1', 'web2', 'web3'].flatMap((host) => linesOf(host, 30))];

/** The hosts of all messages that the command in a text finds, each once. */
async function foundBy(lab: Lab, text: string): Promise<string[]> {
  const [, command] = /See all matching messages:\n {2}cordwood search -S \S+ \S+ \S+ -U \S+ \S+ \S+ '(.*)'$/m.exec(
    text,
  )!;
  const filter = parseQuery(command!, { now: 0 });
  const hosts = new Set<string>();
  for await (const chunk of lab.world.store.find({ filter, order: 'oldest' }, neverAborted())) {
    for (const { hostname } of chunk) hosts.add(hostname!);
  }
  return [...hosts].sort();
}

test('a notice of a rule with by names, quotes and asks for the keys that fire, and no others', async () => {
  const lab = await fired(RULE, FOUR);
  const [{ subject, text, notice }] = (await alertServiceOf(lab).deliveries('rule')) as [ShownDelivery];
  assert.equal(subject, '[FIRING warning x90] web1,web2,web3 nginx: upstream timed out 0 (rule rule)');
  assert.deepEqual(
    notice.samples.map(({ hostname, message }) => `${hostname} ${message.slice(-1)}`),
    ['web1', 'web2', 'web3'].flatMap((host) => [0, 1, 2].map((i) => `${host} ${i}`)),
  );
  assert.deepEqual(new Set(notice.context.map(({ hostname }) => hostname)), new Set(['web1']));
  assert.deepEqual(await foundBy(lab, text), ['web1', 'web2', 'web3']);
  assert.doesNotMatch(text, /db9/);
});

test('a backtest quotes the same as the notice that was sent', async () => {
  const lab = await fired(RULE, FOUR);
  const [sent] = (await alertServiceOf(lab).deliveries('rule')) as [ShownDelivery];
  const options = { since: START, until: lab.now, perWeek: 1, signal: neverAborted() };
  const told: ShownDelivery[] = [];
  for await (const row of alertServiceOf(lab, [ruleOf(RULE)]).test('rule', options))
    if ('notice' in row) told.push(row);
  assert.equal(told.length, 1);
  assert.deepEqual([told[0]!.subject, told[0]!.text], [sent.subject, sent.text]);
  assert.deepEqual(told[0]!.notice.samples, sent.notice.samples);
});

test('names that differ in case only are quoted apart', async () => {
  const lab = await fired({ ...RULE, by: ['appname'] }, [
    ...linesOf('a', 3, { app: 'nginx' }),
    ...linesOf('b', 30, { app: 'Nginx' }),
  ]);
  const { samples, incident } = lab.sent[0]!.notice;
  assert.deepEqual(incident.keys, [['["Nginx"]', 30]]);
  assert.deepEqual(new Set(samples.map(({ appname }) => appname)), new Set(['Nginx']));
});

test('absent values and several fields are quoted by what they are', async () => {
  const lab = await fired({ ...RULE, by: ['severity', 'procid'] }, [
    ...linesOf('a', 3, { severity: 4 }),
    ...linesOf('b', 30, { severity: 2 }),
  ]);
  const [{ text, notice }] = (await alertServiceOf(lab).deliveries('rule')) as [ShownDelivery];
  assert.deepEqual(notice.incident.keys, [['[2,null]', 30]]);
  assert.deepEqual(new Set(notice.samples.map(({ hostname }) => hostname)), new Set(['b']));
  assert.match(
    text,
    /'\(timed OR refused\) \(severity:crit NOT procid:\*\)'|'\(timed OR refused\) severity:crit NOT procid:\*'/,
  );
  assert.deepEqual(await foundBy(lab, text), ['b']);
});

test('a host that is absent has no lines of others in its notice', async () => {
  const lab = new Lab([{ kind: 'absence', query: 'timed', window: '10m', by: ['hostname'] }]);
  for (let minute = 1; minute < 20; minute++) {
    await lab.passTo(minute);
    await lab.arrive([...linesOf('web1', 1), ...(minute < 6 ? linesOf('web2', 1) : [])]);
  }
  await lab.passTo(20);
  const [{ subject, notice }] = (await alertServiceOf(lab).deliveries('rule')) as [ShownDelivery];
  assert.deepEqual(notice.samples, []);
  assert.equal(subject, '[FIRING warning] web2 no message in 10m (rule rule)');
});

test('a key with several lines stays on one line of the text', async () => {
  const forged = 'x\nOK since 2026-01-01 00:00:00, nothing to see\nBcc: all@example.org';
  const lab = await fired({ ...RULE, query: '*', above: 0, by: ['message'] }, [{ text: forged }]);
  const [{ subject, text }] = (await alertServiceOf(lab).deliveries('rule')) as [ShownDelivery];
  for (const line of `${subject}\n${text}`.split('\n')) assert.doesNotMatch(line, /^\s*(OK since|Bcc:)/);
  assert.match(text, /^message: x\\nOK since 2026-01-01 00:00:00, nothing to see\\nBcc: all@example\.org 1$/m);
});
