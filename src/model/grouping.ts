import { cutText } from '../base/text.ts';
import { type Value, valueReader } from './fields.ts';
import type { LogMessage } from './message.ts';
import type { Group } from './query.ts';

export type GroupValues = readonly (Value | null)[];

/**
 * The groups in which a message counts, each once: one value for each field of `by`, null if it is
 * absent, and every combination if fields have several values. Without fields, one group without
 * values. Texts are cut to `cutAt` characters.
 */
export function groupReader(by: readonly string[], cutAt?: number): (message: LogMessage) => readonly GroupValues[] {
  const readers = by.map((field) => cutReader(field, cutAt));
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

/** Reads the values of a field, cut where the grouping says so. */
export function cutReader(field: string, cutAt: number | undefined): (message: LogMessage) => readonly Value[] {
  const read = valueReader(field);
  return cutAt === undefined ? read : (message) => read(message).map((value) => cutValue(value, cutAt));
}

/** A value of a group, cut if it is a text of more characters than `cutAt`. */
function cutValue<Given extends Value | null>(value: Given, cutAt: number | undefined): Given {
  return cutAt !== undefined && typeof value === 'string' ? (cutText(value, cutAt) as Given) : value;
}

/** The characters of text that the values of a group have. */
export function textIn(values: Group['values']): number {
  let sum = 0;
  for (const value of values) if (typeof value === 'string') sum += value.length;
  return sum;
}
