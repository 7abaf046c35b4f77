import { arrivalOf, decodeId, firstIdAt } from '../../model/id.ts';
import type { Query } from '../../model/query.ts';
import { dayOf, type PartFile } from './files.ts';

/** Ids from `low` (included) to `high` (excluded), as text: 32 hex digits, or one character more. */
export type IdRange = { readonly low: string; readonly high: string };

/** The highest time that an id can contain, ms. */
const LAST_MS = 2 ** 48 - 1;
/** The last day with a four-digit year, ms, so that days compare as text. */
const LAST_DAY_MS = Date.UTC(9999, 11, 31);

/** The lowest text above an id, which is below the next id. */
export function above(id: string): string {
  return `${id}0`;
}

/**
 * The range of ids that can match a query. Cursors narrow it only if they name every node: a node
 * that a cursor does not name is read from its start, without an upper bound.
 */
export function boundsOf(query: Query, nodes: readonly number[]): IdRange {
  const { since = 0, until = LAST_MS, before, after, upTo } = query;
  const lows = [firstIdAt(Math.max(0, since))];
  const highs = [until >= LAST_MS ? 'g' : firstIdAt(Math.ceil(until))];
  if (before !== undefined) highs.push(before);
  if (after && namesAll(after, nodes)) lows.push(above(after.toSorted()[0]!));
  if (upTo && namesAll(upTo, nodes)) highs.push(above(upTo.toSorted().at(-1)!));
  return { low: lows.sort().at(-1)!, high: highs.sort()[0]! };
}

/** The parts of one stream that may have rows within bounds, in order of arrival. */
export function partsWithin(parts: readonly PartFile[], { low, high }: IdRange): PartFile[] {
  const [firstDay, lastDay] = [dayOfId(low), dayOfId(high)];
  return parts.filter(({ day }) => day >= firstDay && day <= lastDay);
}

function dayOfId(id: string): string {
  const ms = arrivalOf(id);
  return dayOf(Math.min(Number.isNaN(ms) ? LAST_DAY_MS : ms, LAST_DAY_MS));
}

function namesAll(ids: readonly string[], nodes: readonly number[]): boolean {
  const named = new Set(ids.map((id) => decodeId(id)?.node));
  return ids.length > 0 && nodes.every((node) => named.has(node));
}
