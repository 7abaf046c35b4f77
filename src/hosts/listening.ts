import { DAY } from '../base/units.ts';

/** A stretch of time, ms; `to` is excluded. */
export type Stretch = { readonly from: number; readonly to: number };

/** When we were listening. */
export type Listening = {
  /** In order. */
  readonly stretches: readonly Stretch[];
  /** Since when each listener has been open, ms; undefined if it is closed. */
  readonly open: ReadonlyMap<string, number | undefined>;
};

/**
 * The share of a period that may be missing: a restart does not matter for a night, but does for a
 * minute.
 */
const MISSING_SHARE = 0.02;
/** No silence is judged from further back than this, ms. */
const REMEMBERED = 31 * DAY;

/** The part of the coverage log that is needed here. */
export type ListeningLog = {
  /** The stretches between two times (ms) in which we were listening. */
  coveredWithin(from: number, to: number): Promise<readonly Stretch[]>;
  /** Since when each listener has been open, ms. */
  listeners(): Promise<ReadonlyMap<string, number | undefined>>;
};

/** When we were listening, as rules and the host ledger need it. */
export function listeningFrom(log: ListeningLog): {
  covered(from: number, to: number): Promise<boolean>;
  listened(now: number): Promise<Listening>;
} {
  return {
    covered: async (from, to) => listenedThrough(await log.coveredWithin(from, to), from, to),
    listened: async (now) => ({
      stretches: await log.coveredWithin(now - REMEMBERED, now),
      open: await log.listeners(),
    }),
  };
}

/** The name of a relay among the listeners of the hosts behind it; no listener can have it. */
export function relayListener(relay: string): string {
  return `relay ${relay}`;
}

/** Since when we have been listening without a break, ms; `now` if we are not. */
export function listeningSince(stretches: readonly Stretch[], now: number): number {
  const last = stretches.at(-1);
  return last !== undefined && last.to >= now ? last.from : now;
}

/**
 * Since when one of these listeners has been open, ms: Infinity if all are closed, 0 if none is
 * given or recorded.
 */
export function openSince({ open }: Listening, listeners: readonly string[]): number {
  const times = listeners.map((name) => (open.has(name) ? (open.get(name) ?? Infinity) : 0));
  return times.length === 0 ? 0 : Math.min(...times);
}

/** Whether we were listening nearly all the time between two times, ms. */
export function listenedThrough(stretches: readonly Stretch[], from: number, to: number): boolean {
  const total = stretches.reduce((sum, one) => sum + Math.max(0, Math.min(one.to, to) - Math.max(one.from, from)), 0);
  return to - from - total <= (to - from) * MISSING_SHARE;
}
