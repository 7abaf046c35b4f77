import { formatDuration } from '../../base/units.ts';
import type { Judge } from '../contract.ts';
import type { CountRule } from './schemas.ts';
import { whole } from './whole.ts';

/** Fires with more, or fewer, messages than a limit in the window; fewer only where we were listening all the time. */
export function openCount({ above, below, window: length, by }: CountRule): Judge {
  const within = formatDuration(length);
  return {
    further: [],
    memory: below === undefined ? 0 : Math.max(length, 86_400_000),
    each: false,
    condition: above === undefined ? `fewer than ${below} in ${within}` : `more than ${above} in ${within}`,
    async judge(window) {
      const sums = window.sums();
      if (above !== undefined) return new Map([...sums].filter(([, count]) => count > above));
      if (!(await window.covered())) return new Map();
      const keys = by.length === 0 ? [whole] : [...window.known()];
      return new Map(keys.map((key) => [key, sums.get(key) ?? 0] as const).filter(([, count]) => count < below!));
    },
  };
}
