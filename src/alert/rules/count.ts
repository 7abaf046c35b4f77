import { DAY, formatDuration } from '../../base/units.ts';
import type { Judge } from './judge.ts';
import type { CountRule } from './schemas.ts';
import { WHOLE } from './keys.ts';

/**
 * Fires if the window has more or fewer messages than a limit; fewer only if we were listening all
 * the time.
 */
export function openCount({ above, below, window: length, by }: CountRule): Judge {
  const within = formatDuration(length);
  return {
    further: [],
    memory: below === undefined ? 0 : Math.max(length, DAY),
    each: false,
    condition: above === undefined ? `fewer than ${below} in ${within}` : `more than ${above} in ${within}`,
    async judge(window) {
      const sums = window.sums();
      if (above !== undefined) return new Map([...sums].filter(([, count]) => count > above));
      if (!(await window.covered())) return new Map();
      const keys = by.length === 0 ? [WHOLE] : [...window.known()];
      return new Map(keys.map((key) => [key, sums.get(key) ?? 0] as const).filter(([, count]) => count < below!));
    },
  };
}
