import { formatDuration } from '../../base/units.ts';
import type { Judge } from '../contract.ts';
import type { AbsenceRule } from './schemas.ts';
import { whole } from './whole.ts';

/** How long a key that has gone silent is waited for, ms. */
const MEMORY = 7 * 86_400_000;

/** Fires where nothing came in the window though we were listening; with `by`, for each key that had come within a week. */
export function openAbsence({ window: length, by }: AbsenceRule): Judge {
  return {
    further: [],
    memory: by.length === 0 ? 0 : MEMORY,
    each: false,
    condition: `no message in ${formatDuration(length)}`,
    async judge(window) {
      const sums = window.sums();
      const keys = by.length === 0 ? [whole] : window.known();
      const silent = [...keys].filter((key) => !sums.has(key));
      if (silent.length === 0 || !(await window.covered())) return new Map();
      return new Map(silent.map((key) => [key, 0]));
    },
  };
}
