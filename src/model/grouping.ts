import { type Value, valueReader } from './fields.ts';
import type { LogMessage } from './message.ts';

export type GroupValues = readonly (Value | null)[];

/**
 * The groups in which a message counts, each once: one value for each field of `by`, null if it is
 * absent, and every combination if fields have several values. Without fields, one group without
 * values.
 */
export function groupReader(by: readonly string[]): (message: LogMessage) => readonly GroupValues[] {
  const readers = by.map(valueReader);
  return (message) => {
    let groups: (Value | null)[][] = [[]];
    for (const read of readers) {
      const values = new Set(read(message));
      const choices = values.size === 0 ? [null] : [...values];
      groups = groups.flatMap((group) => choices.map((value) => [...group, value]));
    }
    return groups;
  };
}

/** The start of the bucket of a time, ms. */
export function bucketOf(receivedAt: number, every: number): number {
  return Math.floor(receivedAt / every) * every;
}
