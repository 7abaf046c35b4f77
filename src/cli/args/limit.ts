import { usageError } from './exit.ts';

/** More values than one asks to see; the server's own bound is the same. */
export const ALL_VALUES = 100_000;

/** A limit of `-n`. @throws CordwoodError ERR_USAGE */
export function limitOf(text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (text === 'all') return ALL_VALUES;
  if (/^[1-9]\d{0,5}$/.test(text)) return Math.min(Number(text), ALL_VALUES);
  throw usageError(`cannot read -n ${text}: it takes a number from 1 up, or all`);
}
