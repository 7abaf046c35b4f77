import { CordwoodError } from '../base/errors.ts';
import { arrivalOf, decodeId, encodeId, nodeOf } from './id.ts';

/** How far a reader has seen each node: its number → the last id seen. */
export type Cursor = ReadonlyMap<number, string>;

/** Reads the text that `formatCursor` wrote. @throws CordwoodError ERR_USAGE */
export function parseCursor(text: string): Cursor {
  const ids = text.trim().split(',');
  if (ids.some((id) => !decodeId(id))) {
    const quoted = JSON.stringify(text.slice(0, 80));
    throw new CordwoodError(
      'ERR_USAGE',
      `cannot continue from the cursor ${quoted}: it is not a cursor; remove it to start over`,
    );
  }
  return cursorOf(ids);
}

/** One id for each node, joined by commas. */
export function formatCursor(cursor: Cursor): string {
  return [...cursor.values()].sort().join(',');
}

export function cursorOf(ids: readonly string[]): Cursor {
  return new Map(ids.map((id) => [nodeOf(id), id]));
}

/** What at least one of two readers has seen. */
export function furthest(a: Cursor, b: Cursor): Cursor {
  const joined = new Map(a);
  for (const [node, id] of b) if ((joined.get(node) ?? '') < id) joined.set(node, id);
  return joined;
}

/** What both readers have seen, for the nodes of the first. */
export function nearest(a: Cursor, b: Cursor): Cursor {
  return new Map(Array.from(a, ([node, id]) => [node, (b.get(node) ?? id) < id ? b.get(node)! : id]));
}

/** The part of the cursor up to the id, in the common order of all nodes. */
export function cutAt(cursor: Cursor, id: string): Cursor {
  return new Map([...cursor].map(([node, seen]) => [node, seen <= id ? seen : lastOf(node, id)]));
}

/** Positions of another answer as bounds of this one: nodes that it did not know have nothing to show. */
export function boundedBy(visible: readonly string[], upTo: readonly string[]): string[] {
  const bounds = cursorOf(upTo);
  return [...nearest(cursorOf(visible), bounds)].map(([node, id]) => (bounds.has(node) ? id : encodeId(0, node, 0)));
}

/** The highest possible id of a node that is not above `id`. */
function lastOf(node: number, id: string): string {
  const other = nodeOf(id);
  if (node === other) return id;
  const arrival = arrivalOf(id);
  return encodeId(node < other ? arrival : Math.max(0, arrival - 1), node, Number.MAX_SAFE_INTEGER);
}
