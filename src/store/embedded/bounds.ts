import { decodeId, firstIdAt } from '../../model/id.ts';
import type { Query } from '../../model/query.ts';
import { dayOf, type PartFile } from './files.ts';

/** Ids from `low` (included) to `high` (excluded), as text: 32 hex digits, or such with a character more. */
export type Bounds = { readonly low: string; readonly high: string };

/** The highest time that an id holds. */
const LAST_MS = 2 ** 48 - 1;
/** The last ms of a year of four digits, so that days compare as text. */
const LAST_DAY_MS = Date.UTC(9999, 11, 31);

/** The lowest text above an id and below the next one. */
export function above(id: string): string {
  return `${id}0`;
}

/**
 * The range of ids that can answer a query. Cursors narrow it only where they name all nodes there are: one that a
 * cursor does not know is read from its start, and is not held back.
 */
export function boundsOf(query: Query, nodes: readonly number[]): Bounds {
  const { since = 0, until = LAST_MS, before, after, upTo } = query;
  const lows = [firstIdAt(Math.max(0, since))];
  const highs = [until >= LAST_MS ? 'g' : firstIdAt(Math.ceil(until))];
  if (before !== undefined) highs.push(before);
  if (after && namesAll(after, nodes)) lows.push(above(after.toSorted()[0]!));
  if (upTo && namesAll(upTo, nodes)) highs.push(above(upTo.toSorted().at(-1)!));
  return { low: lows.sort().at(-1)!, high: highs.sort()[0]! };
}

/** The parts of one stream that can have rows within bounds, in order of arrival. */
export function partsWithin(parts: readonly PartFile[], { low, high }: Bounds): PartFile[] {
  const [firstDay, lastDay] = [dayOfId(low), dayOfId(high)];
  return parts.filter(({ day }) => day >= firstDay && day <= lastDay);
}

function dayOfId(id: string): string {
  const ms = Number.parseInt(id.slice(0, 12), 16);
  return dayOf(Math.min(Number.isNaN(ms) ? LAST_DAY_MS : ms, LAST_DAY_MS));
}

function namesAll(ids: readonly string[], nodes: readonly number[]): boolean {
  const named = new Set(ids.map((id) => decodeId(id)?.node));
  return ids.length > 0 && nodes.every((node) => named.has(node));
}
