import type { StoreState } from '../store/contract.ts';
import { ACCOUNT, beginOf, GRAINS, type Grain } from './rollup.ts';
import { Bucket } from './bucket.ts';
import type { Interval } from './contract.ts';

export type Rollups = { readonly taken: Bucket; readonly door: Bucket };

/** What the books of the nodes say of a stretch of time, and which whole cells of time that is. */
export async function readRollups(
  state: (namespace: string) => StoreState,
  nodes: readonly number[],
  window: Interval,
): Promise<{ readonly window: Interval; readonly books: ReadonlyMap<number, Rollups> }> {
  let { from, to } = window;
  const books = new Map<number, Rollups>();
  for (const node of nodes) {
    const own: Rollups = { taken: new Bucket(), door: new Bucket() };
    for (const book of ['taken', 'door'] as const) {
      for (const grain of Object.keys(GRAINS) as Grain[]) {
        const prefix = `${node}/${book}/${grain}/${commonStamp(window, grain)}`;
        for (const { key, value } of await state(ACCOUNT).scan(prefix)) {
          const begin = beginOf(key);
          const end = begin + GRAINS[grain].ms;
          if (end <= window.from || begin >= window.to) continue;
          from = Math.min(from, begin);
          to = Math.max(to, end);
          own[book].addAll(Bucket.from(value));
        }
      }
    }
    books.set(node, own);
  }
  return { window: { from, to }, books };
}

/** What the stamps of all cells in the window begin with: the fewer cells are read, the better. */
function commonStamp({ from, to }: Interval, grain: Grain): string {
  const { digits, ms } = GRAINS[grain];
  if (!Number.isFinite(to) || from <= 0) return '';
  const [a, b] = [stamp(Math.floor(from / ms) * ms), stamp(to)];
  let length = 0;
  while (length < digits && a[length] === b[length]) length++;
  return a.slice(0, length);
}

function stamp(ms: number): string {
  return new Date(ms).toISOString();
}
