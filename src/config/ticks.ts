import { nextTicks } from '../alert/settings.ts';
import { DAY } from '../base/units.ts';
import { formatFull } from '../query/index.ts';
import type { Settings } from './settings.ts';

/** Ticks of a rule that are shown, and how far ahead they are looked for, ms. */
const TICKS = 3;
const HORIZON = 366 * DAY;

/** The next ticks of each rule after `now` (ms) in the rule's zone, by its name: `next at 2026-12-01 04:30 +01:00, …`. */
export function ticksOf({ alerts }: Pick<Settings, 'alerts'>, now: number): Map<string, string> {
  return new Map(alerts.map((rule) => [rule.name, ticksText(rule, now)]));
}

function ticksText(rule: Settings['alerts'][number], now: number): string {
  const ticks = nextTicks(rule, { from: now, most: TICKS, within: HORIZON });
  if (ticks.length === 0) return 'no tick within a year';
  return `next at ${ticks.map((at) => formatFull(at, rule.timezone).replace(/:\d\d\.\d{3}/, '')).join(', ')}`;
}
