/** A time in which we listened, ms. */
export type Stretch = { readonly from: number; readonly to: number };

/** When we listened. */
export type Listening = {
  /** In order. */
  readonly stretches: readonly Stretch[];
  /** Since when each listener is open, ms; undefined where it is closed. */
  readonly open: ReadonlyMap<string, number | undefined>;
};

/** What of a time may be missing: a restart says nothing about a night, and much about a minute. */
const DEAF_SHARE = 0.02;

/** Since when we have been listening without a break, ms; `now` where we are not. */
export function listeningSince(listened: readonly Stretch[], now: number): number {
  const last = listened.at(-1);
  return last !== undefined && last.to >= now ? last.from : now;
}

/** Since when one of these listeners is open, ms: never, where all of them are closed; always, where none is known. */
export function openSince({ open }: Listening, listeners: readonly string[]): number {
  const times = listeners.map((name) => (open.has(name) ? (open.get(name) ?? Infinity) : 0));
  return times.length === 0 ? 0 : Math.min(...times);
}

/** Whether we listened nearly all the time between two times, ms. */
export function listenedThrough(listened: readonly Stretch[], from: number, to: number): boolean {
  const heard = listened.reduce((sum, one) => sum + Math.max(0, Math.min(one.to, to) - Math.max(one.from, from)), 0);
  return to - from - heard <= (to - from) * DEAF_SHARE;
}
