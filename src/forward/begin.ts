import { type Cursor, cursorOf, cutAt, nearest, parseCursor } from '../model/cursor.ts';
import { firstIdAt } from '../model/id.ts';
import type { StoreState } from '../store/contract.ts';
import type { ForwardState } from './contract.ts';
import type { Start } from './settings.ts';
import type { ForwardWorld } from './world.ts';

/** The place in the order of arrival that `from:` or `skip --to` names. */
export function cursorAt(start: Start, { visible, now }: Pick<ForwardWorld, 'visible' | 'now'>): Cursor {
  if (start === 'start') return new Map();
  const end = cursorOf(visible());
  return start === 'now' ? end : cutAt(end, firstIdAt(now() - start));
}

/**
 * Where a share without a cursor begins: at the furthest place that every share before has reached,
 * if the name had other shares, else as `from:` says.
 */
export async function beginOf(
  { name, from }: { readonly name: string; readonly from: Start },
  state: StoreState,
  world: ForwardWorld,
): Promise<Cursor> {
  const known = await state.scan(name);
  const before = known.filter(({ key }) => key === name || key.startsWith(`${name}/`));
  const cursors = before.map(({ value }) => (value as ForwardState).cursor);
  if (cursors.length === 0) return cursorAt(from, world);
  const [first, ...rest] = cursors.map((text) => (text === '' ? new Map<number, string>() : parseCursor(text)));
  return rest.reduce<Cursor>(
    (all, one) => nearest(one.size < all.size ? one : all, one.size < all.size ? all : one),
    first!,
  );
}
