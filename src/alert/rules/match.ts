import type { Judge } from './judge.ts';
import type { MatchRule } from './schemas.ts';

/** Fires for every message, once: at each tick, for what arrived since the previous one. */
export function openMatch(_: MatchRule): Judge {
  return {
    further: [],
    memory: 0,
    each: true,
    condition: 'every message that matches',
    async judge(window) {
      return window.fresh();
    },
  };
}
