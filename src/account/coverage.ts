import type { StoreState } from '../store/contract.ts';
import type { Coverage, Gap, GapReason, Interval } from './contract.ts';
import { COVERAGE, readGaps } from './gap-log.ts';
import { type Alive, HEARTBEAT_MS, type Listened } from './watch.ts';

/** While one of these lasts, nothing that is sent arrives. */
const DEAF = new Set<GapReason>(['outage', 'spool_full', 'disk_refused', 'clock']);
/** A receiver that says nothing for so long is gone, … */
const SILENT_MS = 3 * HEARTBEAT_MS;
/** … and for so long, while another one runs, retired. */
const RETIRED_MS = 7 * 86_400_000;

export type CoverageOptions = {
  readonly state: (namespace: string) => StoreState;
  /** The numbers of all receivers that ever stored here. */
  readonly nodes: () => Promise<readonly number[]>;
  /** The receiver that runs in this process. */
  readonly running?: number;
  /** ms: the last arrival that the spool of a receiver shows, which may be later than its last sign of life. */
  readonly lastArrival?: { readonly node: number; readonly at: number };
  readonly now: () => number;
};

/** Reads the coverage log, written by each receiver's `Watch` and `Accounting`. */
export function openCoverage(options: CoverageOptions): Coverage {
  const state = options.state(COVERAGE);
  const gaps = async (from: number, to: number): Promise<Gap[]> => {
    const found: Gap[] = [];
    for (const node of await options.nodes()) {
      for (const log of ['door', 'found']) {
        found.push(...(await readGaps(state, `${node}/${log}`, { from, to })));
      }
      const open = await openGap(options, state, node);
      if (open) found.push(open);
    }
    return found.filter((gap) => gap.from < to && gap.to > from).sort((a, b) => a.from - b.from || a.to - b.to);
  };
  const since = async (): Promise<number | undefined> => {
    const all = await Promise.all((await options.nodes()).map((node) => state.get(`${node}/listeners`)));
    const times = all.flatMap((entry) => Object.values((entry?.value ?? {}) as Listened).map((one) => one.since));
    return times.length > 0 ? Math.min(...times) : undefined;
  };
  const listeners = async (): Promise<Map<string, number | undefined>> => {
    const all = await Promise.all((await options.nodes()).map((node) => state.get(`${node}/listeners`)));
    const open = new Map<string, number | undefined>();
    for (const [name, one] of all.flatMap((entry) => Object.entries((entry?.value ?? {}) as Listened))) {
      const since = one.until === undefined ? (one.again ?? one.since) : Infinity;
      // Where receivers have one of the same name, one that is open is enough.
      const earliest = Math.min(open.get(name) ?? Infinity, since);
      open.set(name, earliest === Infinity ? undefined : earliest);
    }
    return open;
  };
  return {
    gaps,
    since,
    listeners,
    coveredWithin: async (from, to) => {
      const begin = Math.max(from, (await since()) ?? Infinity);
      const end = Math.min(to, options.now());
      const deaf = (await gaps(from, to)).filter(({ reason, listener }) => DEAF.has(reason) && listener === undefined);
      return without(deaf, { from: begin, to: end });
    },
  };
}

/** Since when a receiver does not run, where it does not. */
async function openGap(options: CoverageOptions, state: StoreState, node: number): Promise<Gap | undefined> {
  const { running, lastArrival, now } = options;
  if (node === running) return undefined;
  const alive = (await state.get(`${node}/alive`))?.value as Alive | undefined;
  if (!alive) return undefined;
  const from = lastArrival?.node === node ? Math.max(alive.at, lastArrival.at) : alive.at;
  const silent = now() - from;
  const isLocal = running === undefined && lastArrival?.node === node;
  if (!isLocal && (silent < (alive.ended ? 1 : SILENT_MS) || (running !== undefined && silent > RETIRED_MS))) {
    return undefined;
  }
  return silent > 0 ? { from, to: now(), reason: 'outage', open: true } : undefined;
}

/** An interval less these gaps, which are in order of their begin. */
function without(gaps: readonly Interval[], { from, to }: Interval): Interval[] {
  const covered: Interval[] = [];
  let begin = from;
  for (const gap of gaps) {
    if (gap.from > begin && begin < to) covered.push({ from: begin, to: Math.min(gap.from, to) });
    begin = Math.max(begin, gap.to);
  }
  if (begin < to) covered.push({ from: begin, to });
  return covered;
}
