import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleState } from '../../src/alert/evaluate/rule-state.ts';
import { textBody } from '../../src/alert/wording/body.ts';
import { wordingOf } from '../../src/alert/wording/wording.ts';
import { needsMongod } from '../support/mongod.ts';
import { formatCount } from '../../src/base/text.ts';
import { hostsServiceOf, Lab, type Line } from '../alert/lab.ts';
import { embedded, mongo, type Stores } from '../alert/stores.ts';

/**
 * Names that are forged within one minute; in full 1,000,000. From 50,000 the ledger counts known
 * hosts only, from 200,000 a rule does.
 */
const FORGED = (usual: number) => Number(process.env['CORDWOOD_FORGED'] ?? usual);
const MIB = 1 << 20;
const RULE = {
  ...{ name: 'loud', kind: 'count', above: 20, schedule: '* * * * *', window: '10m', by: ['hostname'] },
};
const BAD = '(other)';

const lines = (host: string, count: number): Line[] => Array.from({ length: count }, () => ({ text: 'hello', host }));

/** Whether the rule's incident lists this host. */
async function firing(lab: Lab, host: string): Promise<boolean> {
  const state = (await lab.world.state.get('rule/loud'))?.value as RuleState;
  return state.incident?.keys.some(([key]) => JSON.parse(key)[0] === host) ?? false;
}

/**
 * A flood of forged names in minute 25, with hosts that were known before and one that starts in
 * its midst.
 */
async function flood(stores: Stores, count: number): Promise<void> {
  const lab = new Lab([RULE], { silence: ['ops@example.org'], store: stores });
  const service = hostsServiceOf(lab);
  await lab.round();
  await service.expect(['web1', 'db1']);
  for (let minute = 1; minute < 25; minute++) {
    await lab.passTo(minute);
    await lab.arrive([...lines('web1', minute === 24 ? 8 : 1), ...lines('db1', 1)]);
  }
  await lab.passTo(25);
  assert.deepEqual(lab.short, []);
  const forged = Array.from({ length: count }, (_, index) => ({ text: 'x', host: `forged${index}` }));
  await lab.arrive([...lines('web1', 10), ...forged.slice(0, count / 2), ...lines('db1', 1)]);
  await lab.arrive(forged.slice(count / 2));
  const before = process.memoryUsage().rss;
  const started = performance.now();
  await lab.passTo(26);
  const took = Math.round(performance.now() - started);
  const grown = Math.round((process.memoryUsage().rss - before) / MIB);
  process.stdout.write(`# ${count} forged names: judged in ${took} ms, ${grown} MiB more\n`);
  const { notice } = lab.sent[0]!;
  const counts = new Map(notice.incident.keys.map(([key, count]) => [JSON.parse(key)[0] as string, count]));
  assert.equal(counts.get('web1'), 26);
  assert.equal(lab.sent.length, 1);
  assert.equal(notice.cut, counts.get(BAD));
  // Of the hosts that sent one message each, some thousands are counted apart, and no message is
  // lost.
  assert.ok(notice.cut! > count - 10_000 && notice.cut! <= count, String(notice.cut));
  const text = textBody(notice, wordingOf(notice), { server: 'lab', version: '0' });
  assert.match(text, new RegExp(`! ${formatCount(notice.cut!)} messages could not be counted by hostname`));
  const rows = await service.list();
  assert.ok(rows.length <= 20_000, String(rows.length));
  for (let minute = 26; minute < 40; minute++) {
    await lab.arrive([...lines('web1', 1), ...lines('db9', minute === 27 ? 30 : 0)]);
    if (minute === 28) assert.ok(await firing(lab, 'db9'), 'a new host is counted apart once there is room');
    await lab.passTo(minute + 1);
  }
  const known = new Map((await service.list()).map(({ host, messages }) => [host, messages]));
  assert.deepEqual([known.get('web1'), known.get('db1')], [23 + 8 + 10 + 14, 25]);
  const silent = lab.sent.flatMap((one) => one.notice.silent?.map(({ host }) => host) ?? []);
  assert.deepEqual(silent, ['db1'], 'only the host that fell silent is reported');
}

test('in a flood of forged names, known hosts are counted, silence is reported, and the rest is one key', async () => {
  await using stores = await embedded();
  await flood(stores, FORGED(210_000));
});

const skip = await needsMongod({ own: true });
test('in a flood of forged names into MongoDB, known hosts are counted and silence is reported', { skip }, async () => {
  await using stores = await mongo();
  await flood(stores, FORGED(60_000));
});
