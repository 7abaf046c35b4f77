import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overdueTicks } from '../../../src/alert/evaluate/overdue.ts';
import { ruleKey } from '../../../src/alert/evaluate/rule-state.ts';
import type { Rule } from '../../../src/alert/rules/schemas.ts';
import { DAY, HOUR, MINUTE } from '../../../src/base/units.ts';
import { memoryState } from '../../../src/store/memory/state.ts';
import { EPOCH } from '../../support/batches.ts';

/** Midnight (UTC). */
const START = Math.floor(EPOCH / DAY) * DAY;

/** Rules of which only name and schedule matter here, and when each was last judged. */
class Judged {
  now = START;
  readonly state = memoryState(() => this.now);
  rules: Rule[] = [];
  readonly overdue = overdueTicks(() => this.rules, { state: this.state, now: () => this.now });

  add(name: string, schedule: string): void {
    this.rules.push({ name, schedule, timezone: 'UTC' } as Rule);
  }

  async judge(name: string, tick: number): Promise<void> {
    const revision = (await this.state.get(ruleKey(name)))?.revision ?? 0;
    assert.ok(await this.state.put(ruleKey(name), { tick }, revision));
  }
}

test('a rule that waits for its next tick is not overdue', async () => {
  const one = new Judged();
  one.add('hourly', '0 * * * *');
  await one.judge('hourly', START);
  for (one.now = START; one.now < START + HOUR; one.now += 7 * MINUTE) assert.equal(await one.overdue(), 0);
});

test('a tick that is not judged is overdue from its time on, until it is judged', async () => {
  const one = new Judged();
  one.add('often', '* * * * *');
  one.add('hourly', '0 * * * *');
  await one.judge('often', START);
  await one.judge('hourly', START);
  one.now = START + 15 * MINUTE;
  assert.equal(await one.overdue(), 14 * MINUTE);
  one.now += MINUTE;
  assert.equal(await one.overdue(), 15 * MINUTE);
  await one.judge('often', one.now);
  assert.equal(await one.overdue(), 0);
});

test('a rule that was never judged, or is not in the configuration any more, does not count', async () => {
  const one = new Judged();
  one.add('new', '* * * * *');
  assert.equal(await one.overdue(), 0);
  await one.judge('new', START);
  one.now = START + HOUR;
  assert.ok((await one.overdue()) > 0);
  one.rules = [];
  assert.equal(await one.overdue(), 0);
});

test('a schedule that changed counts from the last judgement on', async () => {
  const one = new Judged();
  one.add('rule', '* * * * *');
  await one.judge('rule', START);
  one.now = START + 30 * MINUTE;
  assert.equal(await one.overdue(), 29 * MINUTE);
  one.rules = [];
  one.add('rule', '0 * * * *');
  assert.equal(await one.overdue(), 0);
});

test('a tick far after the last one is found, a few hours of the schedule at a time', async () => {
  const one = new Judged();
  one.add('daily', '0 0 * * *');
  await one.judge('daily', START);
  one.now = START + DAY + HOUR;
  let asked = 1;
  while ((await one.overdue()) === 0) assert.ok(++asked < 10);
  assert.equal(await one.overdue(), HOUR);
  assert.ok(asked > 1);
});
