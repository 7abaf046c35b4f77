import type { Judge } from '../contract.ts';
import type { MatchRule } from './schemas.ts';

/** Fires on every message, once: what arrived since the tick before is told at this one. */
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
