import type { StoreState } from '../store/contract.ts';
import { ACCOUNT, beginOf, GRAINS, type Grain } from './rollup.ts';
import { Bucket } from './bucket.ts';
import type { Interval } from './contract.ts';

/** The counts of a node in a window: what the writer read, and what the listeners dropped. */
export type Rollups = { readonly taken: Bucket; readonly door: Bucket };

/** Reads the counts of the nodes in a window, and returns the window widened to whole buckets. */
export async function readRollups(
  state: (namespace: string) => StoreState,
  nodes: readonly number[],
  window: Interval,
): Promise<{ readonly window: Interval; readonly rollups: ReadonlyMap<number, Rollups> }> {
  let { from, to } = window;
  const rollups = new Map<number, Rollups>();
  for (const node of nodes) {
    const own: Rollups = { taken: new Bucket(), door: new Bucket() };
    for (const rollup of ['taken', 'door'] as const) {
      for (const grain of Object.keys(GRAINS) as Grain[]) {
        const prefix = `${node}/${rollup}/${grain}/${commonStamp(window, grain)}`;
        for (const { key, value } of await state(ACCOUNT).scan(prefix)) {
          const begin = beginOf(key);
          const end = begin + GRAINS[grain].ms;
          if (end <= window.from || begin >= window.to) continue;
          from = Math.min(from, begin);
          to = Math.max(to, end);
          own[rollup].addAll(Bucket.from(value));
        }
      }
    }
    rollups.set(node, own);
  }
  return { window: { from, to }, rollups };
}

/** The common beginning of the timestamps of all buckets in the window: it limits how many buckets are read. */
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
