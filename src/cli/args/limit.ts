import { usageError } from './exit.ts';

/** What `-n all` means. The server has the same upper bound. */
export const ALL_VALUES = 100_000;

/** The limit that `-n` gives. @throws CordwoodError ERR_USAGE */
export function limitOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (text === 'all') return ALL_VALUES;
  if (/^[1-9]\d{0,5}$/.test(text)) return Math.min(Number(text), ALL_VALUES);
  throw usageError(`cannot read -n ${text}: it takes a number, 1 or more, or "all"`);
}
