import { type Value, valueReader } from './fields.ts';
import type { LogMessage } from './message.ts';

export type GroupValues = readonly (Value | null)[];

/**
 * The groups that a message counts for, each once: a value for each field of `by`, null where it is absent, every
 * combination where fields have several values. One group without values where nothing is grouped by.
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

/** The start of the bucket that a time falls in, ms. */
export function bucketOf(receivedAt: number, every: number): number {
  return Math.floor(receivedAt / every) * every;
}
