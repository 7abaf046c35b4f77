import { HOUR } from '../../base/units.ts';
import type { Rule } from '../rules/schemas.ts';
import { createSchedule, type Schedule } from '../rules/schedule.ts';
import { ruleKey, type RuleState } from './rule-state.ts';
import type { AlertWorld } from './world.ts';

/** How much of a schedule one call looks at, ms: a rule that is judged once a year must not hold up the thread. */
const STEP_MS = 6 * HOUR;

/** Up to where the ticks of a rule are known. */
type Looked = {
  readonly schedule: string;
  readonly timezone: string | undefined;
  readonly ticks: Schedule;
  /** The last tick judged, ms. */
  readonly tick: number;
  /** No tick lies between that one and here, ms. */
  until: number;
  /** The first tick after the last one judged, once it is known. */
  due?: number;
};

/**
 * How long the most overdue tick has waited to be judged, ms: judging has stopped if this grows. A
 * rule that was never judged is not counted. Each minute of a schedule is looked at once.
 */
export function overdueTicks(
  rules: () => readonly Rule[],
  { state, now }: Pick<AlertWorld, 'state' | 'now'>,
): () => Promise<number> {
  const looked = new Map<string, Looked>();
  return async () => {
    const waits = await Promise.all(
      rules().map(async (rule) => {
        const known = (await state.get(ruleKey(rule.name)))?.value as RuleState | undefined;
        if (!known) return 0;
        const { name, schedule, timezone } = rule;
        let at = looked.get(name);
        if (at?.tick !== known.tick || at.schedule !== schedule || at.timezone !== timezone) {
          at = { schedule, timezone, ticks: createSchedule(schedule, timezone), tick: known.tick, until: known.tick };
          looked.set(name, at);
        }
        return waitOf(at, now());
      }),
    );
    return Math.max(0, ...waits);
  };
}

function waitOf(at: Looked, now: number): number {
  if (at.due === undefined) {
    const to = Math.min(now, at.until + STEP_MS);
    const [due] = at.ticks.ticks(at.until, to, 1);
    at.until = Math.max(at.until, to);
    if (due === undefined) return 0;
    at.due = due;
  }
  return Math.max(0, now - at.due);
}
