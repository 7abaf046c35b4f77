import { formatDuration } from '../../base/units.ts';
import type { Judge } from './judge.ts';
import type { NewRule } from './schemas.ts';

/**
 * Fires for kinds of messages that their program has not written before, after a time in which it
 * only learns.
 */
export function openNew({ learn }: NewRule): Judge {
  return {
    further: [],
    memory: Infinity,
    each: true,
    byTemplate: true,
    condition: `a kind of message never seen before, after learning for ${formatDuration(learn)}`,
    async judge(window) {
      if (window.to - window.since < learn) return new Map();
      const fresh = window.fresh();
      return new Map([...fresh].filter(([key]) => window.unseen(key)));
    },
  };
}
