import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShownDelivery } from '../../../src/alert/contract.ts';
import { Buckets } from '../../../src/alert/evaluate/buckets.ts';
import type { RuleState } from '../../../src/alert/evaluate/rule-state.ts';
import { Templates } from '../../../src/alert/evaluate/templates.ts';
import { MAX_KEY_TEXT, MAX_VALUE, OTHER } from '../../../src/alert/rules/keys.ts';
import { alertServiceOf, Lab, MINUTE } from '../lab.ts';

/** Numbers in letters: templates mask digits. */
const lettersOf = (number: number): string => [...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('');

async function stateOf(lab: Lab): Promise<RuleState> {
  return (await lab.world.state.get('rule/rule'))!.value as RuleState;
}

test('values of a by: field are kept up to a length, and tell keys apart by it', async () => {
  const lab = new Lab([{ kind: 'count', query: '*', window: '5m', above: 0, by: ['message'] }]);
  await lab.passTo(1);
  for (let i = 0; i < 60; i++) await lab.arrive([{ text: `${i} ${'é'.repeat(20_000)}` }, { text: `${i} short` }]);
  await lab.passTo(5);
  const { series, incident } = await stateOf(lab);
  const lengths = series[0]!.keys.map(([key]) => [...(JSON.parse(key)[0] as string)].length);
  assert.equal(lengths.length, 120);
  assert.equal(Math.max(...lengths), MAX_VALUE);
  assert.equal(incident?.groups, 120);
  const [{ notice, text }] = (await alertServiceOf(lab).deliveries('rule')) as [ShownDelivery];
  assert.ok(notice.samples.length > 0);
  assert.ok(JSON.stringify(notice).length < 200_000, `${JSON.stringify(notice).length}`);
  assert.ok(text.length < 64 << 10);
});

test('keys beyond what a rule keeps count as other, and known keys go on', () => {
  const buckets = new Buckets();
  for (let i = 0; i < 5000; i++) buckets.add(0, JSON.stringify([`${i} ${'x'.repeat(MAX_VALUE - 10)}`]), 2);
  const text = buckets.keys().reduce((sum, key) => sum + key.length, 0);
  assert.ok(text <= MAX_KEY_TEXT + OTHER.length && text > MAX_KEY_TEXT / 2, `${text}`);
  const sums = buckets.sums(0, MINUTE);
  assert.equal(
    [...sums.values()].reduce((sum, count) => sum + count, 0),
    10_000,
  );
  assert.ok(sums.get(OTHER)! > 0);
  const [first] = buckets.keys();
  buckets.add(MINUTE, first!, 7);
  assert.equal(buckets.sums(MINUTE, 2 * MINUTE).get(first!), 7);
  const again = new Buckets(buckets.stored(0, 0));
  again.add(MINUTE, JSON.stringify(['y'.repeat(MAX_VALUE)]), 1);
  assert.equal(again.sums(MINUTE, 2 * MINUTE).get(OTHER), 1);
});

test('single keys make room for a frequent one, however long their names are', () => {
  const buckets = new Buckets();
  for (let i = 0; i < 5000; i++) buckets.add(0, JSON.stringify([`${i} ${'x'.repeat(MAX_VALUE - 10)}`]), 1);
  buckets.add(MINUTE, '["web1"]', 30);
  assert.equal(buckets.sums(MINUTE, 2 * MINUTE).get('["web1"]'), 30);
});

test('templates are kept up to a length each, and up to a size together', () => {
  const templates = new Templates();
  let without = 0;
  for (let i = 0; i < 6000; i++) {
    const word = lettersOf(i);
    const text = Array.from({ length: 40 }, (_, place) => `${word}${'abcdefghij'[place % 10]}${'z'.repeat(50)}`).join(
      ' ',
    );
    if (templates.nameOf(`app${i % 100}`, `${text} ${'y'.repeat(60_000)}`) === undefined) without++;
  }
  const stored = JSON.stringify(templates.stored());
  assert.ok(stored.length < 2.5 * (1 << 20), `${stored.length}`);
  assert.ok(without > 0);
  for (const [, some] of templates.stored()) for (const [name] of some) assert.ok(name.length <= MAX_VALUE);
});

test('a rule for new kinds over a flood of them says what it left out', async () => {
  const lab = new Lab([{ kind: 'new', query: '*', learn: '0s', window: '5m' }]);
  await lab.passTo(1);
  for (let i = 0; i < 3; i++) {
    const texts = Array.from({ length: 1000 }, (_, j) => ({ text: `${lettersOf(i * 1000 + j)} failed`, app: 'db' }));
    await lab.arrive(texts);
  }
  await lab.passTo(5);
  const [{ notice, text }] = (await alertServiceOf(lab).deliveries('rule')) as [ShownDelivery];
  assert.equal(notice.incident.total, 3000);
  assert.ok(notice.cut! > 0, `${notice.cut}`);
  assert.match(text, /messages could not be counted by appname, template and count as "other"/);
  assert.ok(JSON.stringify(await stateOf(lab)).length < 300_000);
});

test('keys that flap each minute leave a bounded state and outbox behind', async () => {
  const keys = Number(process.env['CORDWOOD_FLAPPING_KEYS'] ?? 1000);
  const rule = { kind: 'count', query: '*', window: '1m', schedule: '* * * * *', above: 0, by: ['message'] };
  const lab = new Lab([rule]);
  for (let minute = 1; minute < 40; minute++) {
    await lab.passTo(minute);
    if (minute % 2 === 0) continue;
    const lines = Array.from({ length: keys }, (_, key) => ({ text: `${minute} ${key} `.padEnd(500, 'k') }));
    for (let from = 0; from < keys; from += 1000) await lab.arrive(lines.slice(from, from + 1000));
  }
  const size = (value: unknown): number => JSON.stringify(value).length;
  assert.ok(size(await stateOf(lab)) < 4 << 20, `${size(await stateOf(lab))}`);
  const outbox = await lab.world.state.scan('outbox/');
  assert.ok(size(outbox) / outbox.length < 80_000, `${size(outbox)} in ${outbox.length}`);
  assert.ok(lab.sent.length <= 20, `${lab.sent.length}`);
});
