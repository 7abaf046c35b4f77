import { DAY, formatDuration } from '../../base/units.ts';
import type { Judge } from './judge.ts';
import type { AbsenceRule } from './schemas.ts';
import { WHOLE } from './keys.ts';

/** How long a key that has gone silent is expected to return, ms. */
const MEMORY = 7 * DAY;

/**
 * Fires if no message arrived in the window while we were listening; with `by`, for each key seen
 * within a week.
 */
export function openAbsence({ window: length, by }: AbsenceRule): Judge {
  return {
    further: [],
    memory: by.length === 0 ? 0 : MEMORY,
    each: false,
    condition: `no message in ${formatDuration(length)}`,
    async judge(window) {
      const sums = window.sums();
      const keys = by.length === 0 ? [WHOLE] : window.known();
      const silent = [...keys].filter((key) => !sums.has(key));
      if (silent.length === 0 || !(await window.covered())) return new Map();
      return new Map(silent.map((key) => [key, 0]));
    },
  };
}
