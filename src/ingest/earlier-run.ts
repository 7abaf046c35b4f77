import type { StoredSequences } from '../store/contract.ts';

/** What earlier runs of the server have already done with the messages in the spool. */
export type EarlierRun = {
  /** The last sequence that is safe in the store; 0 if none is. */
  readonly safeUpTo: number;
  /**
   * Whether the store has this message beyond `safeUpTo`. Ask in the order of sequences, once for
   * each.
   */
  isStored(sequence: number): boolean;
  /** False once neither this sequence nor any later one is safe or stored. */
  mayCover(sequence: number): boolean;
};

/** @param safeUpTo the last safe sequence @param beyond the messages after it that the store has */
export function earlierRun(safeUpTo: number, beyond: StoredSequences): EarlierRun {
  let left = beyond.size;
  return {
    safeUpTo,
    isStored(sequence) {
      if (left === 0 || !beyond.has(sequence)) return false;
      left--;
      return true;
    },
    mayCover: (sequence) => sequence <= safeUpTo || left > 0,
  };
}
