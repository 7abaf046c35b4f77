import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alerting } from '../../src/alert/index.ts';
import type { StoreState } from '../../src/store/contract.ts';
import fc from '../support/fc.ts';
import { needsMongod } from '../support/mongod.ts';
import { Lab, type LabOptions, MINUTE, START } from './lab.ts';
import { embedded, mongo } from './stores.ts';

const RUNS = Number(process.env['CORDWOOD_FUZZ'] ?? 0) > 20_000 ? 1000 : 25;
const MINUTES = 60;
const RULES = [
  { name: 'many', kind: 'count', query: 'timed', window: '5m', above: 3, by: ['hostname'], repeat: '20m' },
  { name: 'none', kind: 'absence', query: 'alive', window: '10m', schedule: '*/3 * * * *' },
  { name: 'each', kind: 'match', query: 'fire', window: '5m', schedule: '* * * * *' },
];

/**
 * A process that runs a round at a minute, and may be killed at one of its accesses to the state.
 */
type Look = {
  readonly minute: number;
  readonly who: 'first' | 'second';
  /** The access at which it is killed, counted from 1, and whether that write still happens. */
  readonly dies?: { readonly at: number; readonly written: boolean };
};

async function arriveIn(lab: Lab, minute: number): Promise<void> {
  if (minute % 25 < 9) await lab.arrive([{ text: 'timed out' }, { text: 'timed out', host: `web${minute % 3}` }]);
  if (minute % 30 < 12) await lab.arrive([{ text: 'alive' }]);
  if (minute % 11 === 0) await lab.arrive([{ text: `fire ${minute}` }]);
}

/** The state of a process that is killed after a number of accesses. */
function dying(state: StoreState, { at, written }: NonNullable<Look['dies']>, die: () => void): StoreState {
  let left = at;
  const step = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    left--;
    if (left > 0) return work();
    if (left === 0 && written) await work();
    die();
    throw new Error('killed');
  };
  return {
    get: (key) => step(() => state.get(key)),
    put: (...args) => step(() => state.put(...args)),
    scan: (prefix) => step(() => state.scan(prefix)),
    lease: (...args) => step(() => state.lease(...args)),
  };
}

/** The notices of an hour from two processes that run rounds at these minutes, and at the end. */
async function hourOf(looks: readonly Look[], options: LabOptions = {}, clock = { now: START }): Promise<Lab> {
  const lab = new Lab(RULES, { maxPerHour: 1000, ...options });
  lab.now = START - MINUTE;
  await (await lab.beside('first')).round();
  const processes = new Map<string, Alerting>();
  for (let minute = 0; minute <= MINUTES; minute++) {
    lab.jumpTo(minute);
    clock.now = lab.now;
    for (const { who, dies } of looks.filter((look) => look.minute === minute)) {
      // A killed process returns as another one; so does one that survived its planned kill.
      const isShort = dies !== undefined;
      const die = () => {
        lab.refuse = 'dead';
      };
      const state = isShort ? dying(lab.world.state, dies, die) : lab.world.state;
      const one = (isShort ? undefined : processes.get(who)) ?? (await lab.beside(who, { state }));
      if (!isShort) processes.set(who, one);
      else processes.delete(who);
      await one.round().catch(() => {});
      lab.refuse = undefined;
    }
    await arriveIn(lab, minute);
  }
  lab.jumpTo(MINUTES + 5);
  clock.now = lab.now;
  for (let round = 0; round < 4; round++) {
    await (await lab.beside('last')).round();
    lab.now += MINUTE / 60;
  }
  return lab;
}

/** Each mail once, by its id, however often it was sent. */
function mailsOf({ sent }: Lab): string[] {
  const once = new Map(sent.map(({ notice }) => [notice.id, notice]));
  return [...once.values()].map(({ rule, kind, at, incident }) => `${rule} ${kind} ${at} x${incident.total}`).sort();
}

const EVERY = Array.from({ length: MINUTES }, (_, i): Look => ({ minute: i + 1, who: 'first' }));
const LOOK = fc.record(
  {
    minute: fc.integer({ min: 1, max: MINUTES }),
    who: fc.constantFrom('first' as const, 'second' as const),
    dies: fc.record({ at: fc.integer({ min: 1, max: 25 }), written: fc.boolean() }),
  },
  { requiredKeys: ['minute', 'who'] },
);
const LOOKS = fc.array(LOOK, { minLength: 5, maxLength: 60 });

test('two processes that are killed anywhere send the mails of one that judges every minute', async () => {
  const expected = mailsOf(await hourOf(EVERY));
  assert.ok(expected.length > 12, expected.join('\n'));
  assert.equal(new Set(expected).size, expected.length);
  await fc.assert(
    fc.asyncProperty(LOOKS, async (looks) => {
      assert.deepEqual(mailsOf(await hourOf(looks)), expected);
    }),
    { numRuns: RUNS },
  );
});

for (const [name, skip, open] of [
  ['the embedded store', false, embedded],
  ['MongoDB', await needsMongod(), mongo],
] as const) {
  test(`two processes that are killed anywhere send the mails of one, on ${name}`, { skip }, async () => {
    const expected = mailsOf(await hourOf(EVERY));
    const deaths = EVERY.flatMap(({ minute }): Look[] => [
      {
        minute,
        who: minute % 2 ? 'first' : 'second',
        dies: { at: 1 + ((minute * 7) % 23), written: minute % 3 === 0 },
      },
      ...(minute % 4 === 0 ? [{ minute, who: 'second' as const }] : []),
    ]);
    const clock = { now: START };
    await using store = await open(() => clock.now);
    assert.deepEqual(mailsOf(await hourOf(deaths, { store }, clock)), expected);
  });
}
