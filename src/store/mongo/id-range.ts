import type { Document } from 'mongodb';
import { decodeId, firstIdAt } from '../../model/id.ts';
import type { Query } from '../../model/query.ts';
import { toBinaryId } from './documents.ts';

/** Ids from `low` (included) to `high` (excluded), in 32 hex digits; open at an absent bound. */
export type IdRange = {
  readonly low?: string;
  readonly high?: string;
  /**
   * Ids within the bounds that are excluded: those of one node that a cursor has read, or may not
   * read yet.
   */
  readonly except: readonly Exception[];
};
type Exception = { readonly node: number; readonly below?: string; readonly from?: string };

/** Above every id. */
const END = 'f'.repeat(32);
/** The highest arrival time that an id can have, ms. */
const LAST_MS = 2 ** 48 - 1;

/**
 * The ids that may match a query. A cursor bounds the whole range only if it names every known
 * node, because a node that it does not name is read from its start and without an end.
 * @param hiddenBefore messages that arrived before this are past their `keep`, ms
 */
export function idRangeOf(query: Query, nodes: readonly number[], hiddenBefore = 0): IdRange {
  const { since = 0, until = LAST_MS, before, after = [], upTo = [] } = query;
  const seen = byNode(after);
  const visible = byNode(upTo);
  const lows = [firstIdAt(Math.max(0, since, hiddenBefore))];
  const highs = [until >= LAST_MS ? END : firstIdAt(Math.ceil(until))];
  if (before !== undefined) highs.push(before);
  // A node with nothing new must not widen the range down to its last message.
  const reading = [...seen].filter(([node, from]) => from < (visible.get(node) ?? END));
  if (after.length > 0 && nodes.every((node) => seen.has(node))) lows.push(lowest(reading.map(([, from]) => from)));
  if (upTo.length > 0 && nodes.every((node) => visible.has(node))) highs.push(highest([...visible.values()]));
  const low = highest(lows);
  const high = lowest(highs);
  const except = [
    ...[...seen].filter(([, below]) => below > low).map(([node, below]) => ({ node, below })),
    ...[...visible].filter(([, from]) => from < high).map(([node, from]) => ({ node, from })),
  ];
  return { ...(low > firstIdAt(0) && { low }), ...(high < END && { high }), except };
}

/** Whether no id lies within. */
export function isEmpty({ low = '', high = END }: IdRange): boolean {
  return low >= high;
}

/** The rest of a range behind an id, in this order. */
export function rangeAfter(range: IdRange, id: string, order: Query['order']): IdRange {
  return order === 'oldest' ? { ...range, low: next(id) } : { ...range, high: id };
}

/**
 * Splits a range into parts, each with only the exceptions that overlap it. Testing the node of
 * each id costs more than counting does, and exceptions usually concern only the first or the
 * newest messages.
 */
export function splitIdRange(range: IdRange): IdRange[] {
  const { low = '', high = END, except } = range;
  const start = highest([low, ...except.flatMap(({ below }) => below ?? [])]);
  const end = lowest([high, ...except.flatMap(({ from }) => from ?? [])]);
  if (except.length === 0 || start >= end) return [range];
  const parts: IdRange[] = [
    { low, high: start, except: except.filter(({ below }) => below !== undefined) },
    { low: start, high: end, except: [] },
    { low: end, high, except: except.filter(({ from }) => from !== undefined) },
  ];
  return parts
    .filter((part) => !isEmpty(part))
    .map(({ low: from, high: to, ...rest }) => ({
      ...rest,
      ...(from && { low: from }),
      ...(to !== undefined && to < END && { high: to }),
    }));
}

/** A range as MongoDB conditions, all of which must hold. */
export function idRangeConditions({ low, high, except }: IdRange): Document[] {
  const bounds = { ...(low && { $gte: toBinaryId(low) }), ...(high && { $lt: toBinaryId(high) }) };
  const exceptions = except.map(({ node, below, from }) => ({
    $and: [{ _id: below ? { $lt: toBinaryId(below) } : { $gte: toBinaryId(from!) } }, { _id: ofNode(node) }],
  }));
  return [...(low || high ? [{ _id: bounds }] : []), ...(exceptions.length > 0 ? [{ $nor: exceptions }] : [])];
}

/** A condition on `_id` for a period of arrival, in whole ms, both ends included. */
export function arrivedBetween(first: number, last: number): Document {
  const end = last >= LAST_MS ? {} : { $lt: toBinaryId(firstIdAt(last + 1)) };
  return { _id: { $gte: toBinaryId(firstIdAt(first)), ...end } };
}

/**
 * A condition on `_id` for a node: its bytes 6 and 7. MongoDB counts bits from the lowest one of
 * the first byte.
 */
export function ofNode(node: number): Document {
  const bits = Array.from({ length: 16 }, (_, bit) => ({
    position: bit < 8 ? 56 + bit : 48 + bit - 8,
    set: ((node >> bit) & 1) === 1,
  }));
  return {
    $bitsAllSet: bits.filter(({ set }) => set).map(({ position }) => position),
    $bitsAllClear: bits.filter(({ set }) => !set).map(({ position }) => position),
  };
}

/** By node, the id after each of these. */
function byNode(ids: readonly string[]): Map<number, string> {
  return new Map(ids.map((id) => [decodeId(id)!.node, next(id)]));
}

function next(id: string): string {
  return (BigInt(`0x${id}`) + 1n).toString(16).padStart(32, '0');
}

function lowest(ids: readonly string[]): string {
  return ids.reduce((low, id) => (id < low ? id : low), END);
}

function highest(ids: readonly string[]): string {
  return ids.reduce((high, id) => (id > high ? id : high), '');
}
