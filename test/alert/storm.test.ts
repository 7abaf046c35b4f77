import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../../src/alert/notices/notice.ts';
import { wordingOf } from '../../src/alert/wording/wording.ts';
import { Lab, MINUTE } from './lab.ts';
import { embedded } from './stores.ts';
import { STORM_HOSTS, STORM_MINUTES, STORM_RULES, stormLines } from './storms.ts';

/** Messages of 1,000 hosts in ten minutes; in full 1,000,000. */
const LINES = Number(process.env['CORDWOOD_STORM'] ?? 20_000);
const BUDGET = 5;

/** How many messages of a rule a notice reports. */
function matchesOf({ summary, rule, matches = 0 }: Notice, name: string): number {
  if (!summary) return rule === name ? matches : 0;
  return summary.rules.find((one) => one.rule === name)?.matches ?? 0;
}

test('a storm sends no more mails than the hourly limit, and they report every message once', async () => {
  await using store = await embedded();
  const lab = new Lab(STORM_RULES, { store, maxPerHour: BUDGET });
  await lab.passTo(1);
  const each = Math.ceil(LINES / STORM_MINUTES);
  const sentAt: number[] = [];
  for (let minute = 1; minute <= 150; minute++) {
    if (minute <= STORM_MINUTES) await lab.arrive([...stormLines(minute, each)]);
    await lab.passTo(minute + 1);
    while (sentAt.length < lab.sent.length) sentAt.push(lab.now);
  }
  for (const at of sentAt) {
    const within = sentAt.filter((other) => other > at - 60 * MINUTE && other <= at).length;
    assert.ok(within <= BUDGET, `${within} mails within an hour`);
  }
  const notices = lab.sent.map(({ notice }) => notice);
  const summaries = notices.filter(({ kind }) => kind === 'summary');
  assert.ok(summaries.length > 0);
  for (const name of ['every', 'loud']) {
    const sum = notices.reduce((all, notice) => all + matchesOf(notice, name), 0);
    assert.equal(sum, each * STORM_MINUTES, name);
  }
  assert.equal(
    summaries.find(({ summary }) => summary!.rules.some(({ rule }) => rule === 'loud'))?.summary?.hosts,
    STORM_HOSTS,
  );
  assert.match(wordingOf(summaries[0]!).next!, /^You get no other alert before 2026-11-23 /);
  assert.equal(lab.delivered!.deliveries.filter(({ state }) => state === 'waiting').length, 0);
});
