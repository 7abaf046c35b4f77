import { formatDuration } from '../../base/units.ts';
import { parseQuery } from '../../query/index.ts';
import type { Judge } from './judge.ts';
import type { Key } from './keys.ts';
import type { RatioRule } from './schemas.ts';

/**
 * Fires if the ratio to the count of another query, or to an earlier window of the same length,
 * leaves its bounds. If the other count is 0, the ratio is infinite: above every bound and below
 * none.
 */
export function openRatio({ of, against, above, below, least, window: length }: RatioRule): Judge {
  const beyond = (ratio: number): boolean =>
    (above !== undefined && ratio > above) || (below !== undefined && ratio < below);
  const other = of === undefined ? `the count ${formatDuration(against!)} earlier` : `the count of ${of}`;
  const bounds = above === undefined ? `less than ${below}` : `more than ${above}`;
  return {
    further: of === undefined ? [] : [parseQuery(of, { now: 0 })],
    memory: 0,
    each: false,
    condition: `${bounds} times ${other}, in ${formatDuration(length)}`,
    async judge(window) {
      const counts = window.sums();
      const from = window.from - (against ?? 0);
      if (against !== undefined && !(await window.covered(from, from + length))) return new Map();
      if (below !== undefined && !(await window.covered())) return new Map();
      const bases = of === undefined ? await window.over(from, from + length) : window.sums(1);
      const firing = new Map<Key, number>();
      for (const key of new Set([...counts.keys(), ...bases.keys()])) {
        const count = counts.get(key) ?? 0;
        const basis = bases.get(key) ?? 0;
        if (Math.max(count, basis) >= least && beyond(basis === 0 ? Infinity : count / basis)) firing.set(key, count);
      }
      return firing;
    },
  };
}
