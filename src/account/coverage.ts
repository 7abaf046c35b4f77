import { DAY } from '../base/units.ts';
import type { StoreState } from '../store/contract.ts';
import type { Coverage, Gap, GapReason, Interval } from './contract.ts';
import { COVERAGE, readGaps } from './gap-log.ts';
import { FORWARD_LOG } from './note-gap.ts';
import { type Alive, HEARTBEAT_MS, type Listened } from './coverage-writer.ts';

/** During gaps with these reasons, a receiver receives nothing at all. */
const DEAF = new Set<GapReason>(['outage', 'spool_full', 'disk_refused', 'clock']);
/** A receiver without a sign of life for this long is down, … */
const SILENT_MS = 3 * HEARTBEAT_MS;
/** … and for this long, while another one runs, retired. */
const RETIRED_MS = 7 * DAY;

/** For this long after a receiver goes down, silence means nothing though others listen: senders need time to fail over, ms. */
const GRACE_MS = 600_000;

export type CoverageOptions = {
  readonly state: (namespace: string) => StoreState;
  /** The numbers of all nodes that ever stored here. */
  readonly nodes: () => Promise<readonly number[]>;
  /** The node of this process, if it is running. */
  readonly running?: number;
  /** The last arrival in the spool of a node, ms; it may be later than its last sign of life. */
  readonly lastArrival?: { readonly node: number; readonly at: number };
  readonly now: () => number;
};

/** Reads the coverage log, written by each receiver's `Watch` and `Accounting`. */
export function openCoverage(options: CoverageOptions): Coverage {
  const state = options.state(COVERAGE);
  const gapsOf = async (node: number, { from, to }: Interval, open?: Gap): Promise<Gap[]> => {
    const logs = ['door', 'found', FORWARD_LOG].map((log) => readGaps(state, `${node}/${log}`, { from, to }));
    const found = (await Promise.all(logs)).flat().concat(open ?? []);
    return found.filter((gap) => gap.from < to && gap.to > from).sort(byTime);
  };
  const gaps = async (from: number, to: number): Promise<Gap[]> => {
    const found: Gap[] = [];
    const nodes = await options.nodes();
    for (const node of nodes) {
      const own = await gapsOf(node, { from, to }, await openGap(options, state, node));
      found.push(...(nodes.length > 1 ? own.map((gap) => ({ ...gap, node })) : own));
    }
    return found.sort(byTime);
  };
  /** When a node received nothing, and since when it exists. */
  const deafnessOf = async (node: number, within: Interval): Promise<Deafness> => {
    const all = await gapsOf(node, within, await openGap(options, state, node, true));
    const known = Object.values(((await state.get(`${node}/listeners`))?.value ?? {}) as Listened);
    const since = Math.min(...known.map((one) => one.since));
    return { since, gaps: all.filter(({ reason, listener }) => DEAF.has(reason) && listener === undefined) };
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
      // If several nodes have a listener of this name, one that is open is enough.
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
      const nodes = await options.nodes();
      const each = (await Promise.all(nodes.map((node) => deafnessOf(node, { from, to })))).filter(
        (one) => one.since < Infinity,
      );
      return without(deafTogether(each), { from: begin, to: end });
    },
  };
}

/** The gap from when a node stopped until now; undefined if it is running. */
async function openGap(
  options: CoverageOptions,
  state: StoreState,
  node: number,
  evenRetired = false,
): Promise<Gap | undefined> {
  const { running, lastArrival, now } = options;
  if (node === running) return undefined;
  const alive = (await state.get(`${node}/alive`))?.value as Alive | undefined;
  if (!alive) return undefined;
  const from = lastArrival?.node === node ? Math.max(alive.at, lastArrival.at) : alive.at;
  const silent = now() - from;
  const isLocal = running === undefined && lastArrival?.node === node;
  const isRetired = running !== undefined && silent > RETIRED_MS && !evenRetired;
  if (!isLocal && (silent < (alive.ended ? 1 : SILENT_MS) || isRetired)) {
    return undefined;
  }
  return silent > 0 ? { from, to: now(), reason: 'outage', open: true } : undefined;
}

type Deafness = { readonly since: number; readonly gaps: readonly Interval[] };

function byTime(a: Interval, b: Interval): number {
  return a.from - b.from || a.to - b.to;
}

/** When silence means nothing: while no node receives, and for a while after one of several has stopped receiving. */
function deafTogether(each: readonly Deafness[]): Interval[] {
  const begins = each.flatMap(({ gaps }) => gaps.map(({ from, to }) => ({ from, to: Math.min(to, from + GRACE_MS) })));
  const [first = [], ...rest] = each.map(({ since, gaps }) => [{ from: 0, to: since }, ...gaps]);
  const together = rest.reduce<readonly Interval[]>(
    (some, others) =>
      some.flatMap((one) =>
        others
          .map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) }))
          .filter(({ from, to }) => from < to),
      ),
    first,
  );
  return [...begins, ...together].sort(byTime);
}

/** An interval without these gaps, which are sorted by their start. */
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
