/** The windows that the picker offers: what `from` says, and its name. */
export const PRESETS = [
  ['-15m', '15 min'],
  ['-1h', '1 hour'],
  ['-4h', '4 hours'],
  ['-24h', '24 hours'],
  ['-7d', '7 days'],
  ['-30d', '30 days'],
  ['all', 'everything'],
] as const;

/** A window three times as wide with the same middle, not beyond now, ms. */
export function widened(since: number, until: number, now: number): [since: number, until: number] {
  const length = until - since;
  const end = Math.min(now, until + length);
  return [Math.max(0, end - 3 * length), end];
}

/** The window before or after this one; after it, not beyond now. */
export function shifted(since: number, until: number, step: -1 | 1, now: number): [since: number, until: number] {
  const length = until - since;
  const end = step < 0 ? since : Math.min(now, until + length);
  return [Math.max(0, end - length), end];
}
