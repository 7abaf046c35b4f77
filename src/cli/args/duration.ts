import { parseDuration } from '../../base/units.ts';
import { usageError } from './exit.ts';

/** The longest delay of a timer, ms: Node's timers overflow beyond. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** ms that `--timeout` gives: a duration, or seconds without a unit. @throws CordwoodError ERR_USAGE */
export function timeoutOf(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (ms !== undefined && ms > 0 && ms <= MAX_TIMER_MS) return ms;
  throw usageError(`cannot read --timeout ${text}: it takes a duration, e.g. 60s or 10m`);
}
