import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSchedule, scheduleFault } from '../../../src/alert/rules/schedule.ts';
import fc from '../../support/fc.ts';
import { Lab, MINUTE, START } from '../lab.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPRING = Date.UTC(2026, 2, 29);
const AUTUMN = Date.UTC(2026, 9, 25);

/** Ticks of a day, as `hh:mm` in UTC. */
function ticksOf(expression: string, zone: string, day: number): string[] {
  const ticks = createSchedule(expression, zone).ticks(day - 1, day + DAY - 1);
  return ticks.map((at) => new Date(at).toISOString().slice(11, 16));
}

const cases: readonly (readonly [what: string, expression: string, zone: string, day: number, ticks: string[]])[] = [
  ['a usual day', '30 2 * * *', 'Europe/Berlin', SPRING - DAY, ['01:30']],
  ['02:30 is left out: when the clock has moved on', '30 2 * * *', 'Europe/Berlin', SPRING, ['01:00']],
  ['02:30 comes twice: the first time', '30 2 * * *', 'Europe/Berlin', AUTUMN, ['00:30']],
  ['the day after', '30 2 * * *', 'Europe/Berlin', AUTUMN + DAY, ['01:30']],
  ['both left out and there', '0 2,3 * * *', 'Europe/Berlin', SPRING, ['01:00']],
  ['half an hour is left out', '15 2 * * *', 'Australia/Lord_Howe', Date.UTC(2026, 9, 3), ['15:30']],
  ['only on Sundays, and it is one', '30 2 * * 0', 'Europe/Berlin', SPRING, ['01:00']],
  ['only on Mondays, and it is Sunday', '30 2 * * 1', 'Europe/Berlin', SPRING, []],
];
for (const [what, expression, zone, day, ticks] of cases) {
  test(`ticks of ${expression} in ${zone}, ${what}`, () => {
    assert.deepEqual(ticksOf(expression, zone, day), ticks);
  });
}

test('a schedule of every few minutes has ticks in the hour that comes twice, and none in the skipped one', () => {
  for (const day of [SPRING, AUTUMN]) {
    const ticks = createSchedule('*/5 * * * *', 'Europe/Berlin').ticks(day - 1, day + DAY - 1);
    assert.deepEqual(
      ticks,
      Array.from({ length: 288 }, (_, i) => day + i * 5 * MINUTE),
    );
  }
});

const JUNE = Date.UTC(2026, 5, 1);
const days: readonly (readonly [what: string, expression: string, days: readonly number[]])[] = [
  ['both restricted: either counts', '30 4 1,15 * 5', [1, 5, 12, 15, 19, 26]],
  ['both restricted, with names', '0 0 13 jun fri', [5, 12, 13, 19, 26]],
  ['only days of the month', '0 0 1,15 * *', [1, 15]],
  ['only days of the week', '0 0 * * 1', [1, 8, 15, 22, 29]],
  ['a step of all days restricts nothing: both must hold', '0 0 */2 * 1', [1, 15, 29]],
  ['ranges and Sunday as 7', '0 0 10-11 * 7', [7, 10, 11, 14, 21, 28]],
  ['another month', '0 0 1 7 5', []],
];
for (const [what, expression, expected] of days) {
  test(`days of ${expression} in June 2026, ${what}`, () => {
    const ticks = createSchedule(expression, 'UTC').ticks(JUNE - 1, JUNE + 30 * DAY - 1);
    assert.deepEqual(
      ticks.map((at) => new Date(at).getUTCDate()),
      expected,
    );
  });
}

test('a schedule that is read in pieces has each tick once', () => {
  const expressions = ['*/5 * * * *', '30 2 * * *', '0 */2 * * *', '59 23 * * 0', '15 1,2,3 * * *'];
  const minutes = fc.integer({ min: 0, max: 3 * 1440 * 60 });
  fc.assert(
    fc.property(
      fc.constantFrom(...expressions),
      fc.constantFrom('Europe/Berlin', 'America/New_York', 'UTC', 'Australia/Lord_Howe'),
      fc.constantFrom(SPRING, AUTUMN, Date.UTC(2026, 3, 4), Date.UTC(2026, 2, 7)),
      fc.array(minutes, { maxLength: 6 }),
      (expression, zone, middle, seconds) => {
        const schedule = createSchedule(expression, zone);
        const [from, to] = [middle - DAY, middle + 2 * DAY];
        const cuts = [from, ...seconds.map((second) => from + second * 1000).sort((a, b) => a - b), to];
        const pieces = cuts.slice(1).flatMap((cut, index) => schedule.ticks(cuts[index]!, cut));
        assert.deepEqual(pieces, schedule.ticks(from, to));
      },
    ),
    { numRuns: 60 },
  );
});

test('an invalid schedule is refused with its fault', () => {
  assert.match(scheduleFault('* * * *')!, /does not have five fields/);
  assert.match(scheduleFault('* * * * * *')!, /does not have five fields/);
  assert.ok(scheduleFault('61 * * * *'));
  assert.equal(scheduleFault('*/5 8-18 * * 1-5'), undefined);
});

const RULES = [
  { name: 'often', kind: 'count', query: 'timed', window: '10m', above: 3, timezone: 'Europe/Berlin' },
  { name: 'nightly', kind: 'count', query: 'timed', window: '1d', above: 3, schedule: '30 2 * * *' },
  { name: 'lines', kind: 'match', query: 'fire', schedule: '*/3 * * * *', window: '30m', timezone: 'Europe/Berlin' },
].map((rule) => ({ timezone: 'Europe/Berlin', ...rule }));

/** The notices of a night, if rounds happen at these minutes only. */
async function nightOf(middle: number, looks: readonly number[]): Promise<string[]> {
  const lab = new Lab(RULES, { maxPerHour: 1000 });
  const begin = (middle - START) / MINUTE - 120;
  lab.jumpTo(begin);
  await lab.round();
  for (let minute = 1; minute <= 360; minute++) {
    lab.jumpTo(begin + minute);
    if (minute % 7 === 0) await lab.arrive([{ text: 'timed out' }, { text: 'timed out' }]);
    if (minute % 50 === 0) await lab.arrive([{ text: 'fire' }]);
    if (looks.includes(minute)) {
      if (minute % 2 === 0) lab.restart();
      await lab.round();
    }
  }
  lab.jumpTo(begin + 365);
  for (let round = 0; round < 3; round++) await lab.round();
  return lab.sent.map(({ notice }) => `${notice.rule} ${notice.kind} ${notice.at} x${notice.incident.total}`).sort();
}

test('each window is judged once in nights when the clock changes, whenever rounds happen', async () => {
  for (const middle of [SPRING + HOUR, AUTUMN + HOUR]) {
    const every = await nightOf(
      middle,
      Array.from({ length: 360 }, (_, i) => i + 1),
    );
    assert.ok(every.length > 8, `${every.length}`);
    assert.equal(new Set(every).size, every.length);
    assert.equal(every.filter((one) => one.startsWith('nightly')).length, 1);
    for (const looks of [[], [100, 101, 200, 333], [1, 59, 61, 119, 121, 180, 181, 182]]) {
      assert.deepEqual(await nightOf(middle, looks), every);
    }
  }
});

test('a clock that is set back and forward by two hours judges no window twice and skips none', async () => {
  const lab = new Lab([{ kind: 'match', query: 'fire', schedule: '* * * * *', window: '5m' }]);
  await lab.passTo(10);
  for (const [index, minute] of [10, -110, 10, 130, 10, 131].entries()) {
    lab.now = START + minute * MINUTE;
    for (let i = 0; i < 3; i++) {
      await lab.arrive([{ text: `fire ${index} ${i}` }], { at: Math.max(lab.now, lab.storedUpTo.get(1)!) });
      lab.now += MINUTE;
      await lab.round();
    }
  }
  await lab.passTo(150);
  const quoted = lab.sent.flatMap(({ notice }) => notice.samples.map(({ message }) => message));
  assert.deepEqual(quoted.sort(), [...new Set(quoted)]);
  assert.equal(quoted.length, 18);
});
