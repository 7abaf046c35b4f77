import type { StoreState } from '../store/contract.ts';
import { Bucket, type Counts } from './bucket.ts';
import type { Account, Balance, HostAccount, Interval, ListenerAccount } from './contract.ts';
import { listenerOfSettled, SETTLED_EARLIER, unsettled } from './counters.ts';
import { type Rollups, readRollups } from './read-rollups.ts';

/** The row of what the spool holds of earlier runs. */
const EARLIER = '(of an earlier run)';
/** The row of what was damaged. */
const DAMAGED = '(damaged in the spool)';
/** Drops at the door that no limit is to blame for. */
const LOST = new Set(['spool_full', 'spool_failed', 'window', 'shutdown']);
/** Drops of what was never received. */
const OUTSIDE = new Set(['kernel', 'not_allowed']);
const DROPPED = 'dropped.';

export type AccountOptions = {
  readonly state: (namespace: string) => StoreState;
  /** The numbers of all receivers that ever stored here. */
  readonly nodes: readonly number[];
  /** ms; `to` may be Infinity. */
  readonly window: Interval;
  readonly now: number;
  /** The receiver that this machine runs, or would run. */
  readonly node: number | undefined;
  /** The live counters of the running server. */
  readonly counters?: () => Readonly<Record<string, number>>;
  /** What the spool holds beyond what is settled, where no server runs: by the minute's begin in ms. */
  readonly waiting?: ReadonlyMap<number, Bucket>;
};

/** Adds up what was received in a stretch of time and what became of it. */
export async function readAccount(options: AccountOptions): Promise<Account> {
  const { state, nodes, node } = options;
  const all = node === undefined || nodes.includes(node) ? nodes : [...nodes, node];
  const before = options.counters?.();
  const { window, books } = await readRollups(state, all, options.window);
  const after = options.counters?.();
  // Settled in between: what the books say and what the counters say would be of two moments.
  if (before && after && settledIn(before) !== settledIn(after)) return readAccount(options);
  if (node !== undefined) addWaiting(books.get(node)!, options, after);
  const listeners = [...books].flatMap(([one, own]) => listenersOf(one, own));
  const taken = new Bucket();
  for (const own of books.values()) taken.addAll(own.taken);
  return {
    since: window.from,
    until: Math.min(window.to, Math.max(options.now, options.window.to)),
    listeners,
    hosts: hostsOf(taken),
    stages: taken.rows('stage').map(({ name, counts }) => ({ name, dropped: counts['dropped'] ?? 0 })),
    total: totalOf(listeners),
    faults: [...faultsOf(taken, listeners), ...liveFaults(after)],
  };
}

/** What is received, and nowhere else yet, counts where the window reaches to this moment. */
function addWaiting({ taken }: Rollups, options: AccountOptions, counters: Counts | undefined): void {
  const { window, now, waiting = new Map() } = options;
  for (const [minute, cell] of waiting) if (minute < window.to && minute + 60_000 > window.from) taken.addAll(cell);
  if (!counters || window.to < now - 60_000) return;
  for (const name of Object.keys(counters)) {
    const listener = listenerOfSettled(name);
    if (listener !== undefined) taken.add('listener', listener, 'waiting', Math.max(0, unsettled(counters, listener)));
  }
  const earlier = (counters['spool.earlier'] ?? 0) - (counters[SETTLED_EARLIER] ?? 0);
  if (earlier > 0) taken.add('listener', EARLIER, 'waiting', earlier);
}

function settledIn(counters: Readonly<Record<string, number>>): number {
  const names = Object.keys(counters).filter(
    (name) => name === SETTLED_EARLIER || listenerOfSettled(name) !== undefined,
  );
  return names.reduce((sum, name) => sum + counters[name]!, 0);
}

function listenersOf(node: number, { taken, door }: Rollups): ListenerAccount[] {
  const cell = new Bucket();
  cell.addAll(taken);
  cell.addAll(door);
  return cell.rows('listener').map(({ name, counts }) => listenerOf(node, name, counts));
}

function listenerOf(node: number, name: string, counts: Counts): ListenerAccount {
  const of = (what: string): number => counts[what] ?? 0;
  const drops = Object.entries(counts).filter(([what]) => what.startsWith(DROPPED));
  const reasons = Object.fromEntries(drops.map(([what, count]) => [what.slice(DROPPED.length), count]));
  const sum = (which: (reason: string) => boolean): number =>
    Object.entries(reasons).reduce((all, [reason, count]) => all + (which(reason) ? count : 0), 0);
  const lost = sum((reason) => LOST.has(reason)) + of('damaged');
  const limited = sum((reason) => !LOST.has(reason) && !OUTSIDE.has(reason));
  const balance = { stored: of('stored'), dropped: of('dropped'), dead: of('dead'), waiting: of('waiting') };
  return {
    name: name === '' ? DAMAGED : name,
    node,
    received: of('taken') + of('waiting') + lost + limited,
    ...balance,
    limited,
    lost,
    kernel: of('dropped.kernel'),
    refused: of('dropped.not_allowed'),
    unexplained: of('unexplained') + of('taken') - balance.stored - balance.dropped - balance.dead,
    reasons,
  };
}

function hostsOf(taken: Bucket): HostAccount[] {
  const hosts = taken.rows('host').map(({ name, counts }) => ({
    name,
    stored: counts['stored'] ?? 0,
    dropped: counts['dropped'] ?? 0,
    dead: counts['dead'] ?? 0,
    waiting: counts['waiting'] ?? 0,
  }));
  return hosts.sort((a, b) => sumOf(b) - sumOf(a) || (a.name < b.name ? -1 : 1));
}

function sumOf({ stored, dropped, dead, waiting }: HostAccount): number {
  return stored + dropped + dead + waiting;
}

const COLUMNS = ['received', 'stored', 'dropped', 'limited', 'dead', 'waiting', 'lost'] as const;

function totalOf(listeners: readonly ListenerAccount[]): Balance {
  const sums = COLUMNS.map((column) => [column, listeners.reduce((sum, row) => sum + row[column], 0)]);
  return Object.fromEntries(sums) as Balance;
}

const FAULT = 'a fault of cordwood, which should be reported';

function faultsOf(taken: Bucket, listeners: readonly ListenerAccount[]): string[] {
  const faults = listeners
    .filter(({ unexplained }) => unexplained !== 0)
    .map(({ name, unexplained }) => {
      const what = unexplained > 0 ? 'received and found nowhere' : 'stored or dropped that were never received';
      return `${name}: ${messages(Math.abs(unexplained))} ${what}: ${FAULT}`;
    });
  for (const what of ['stored', 'dropped', 'dead'] as const) {
    const sum = (kind: 'listener' | 'host'): number =>
      taken.rows(kind).reduce((all, { counts }) => all + (counts[what] ?? 0), 0);
    const [byListener, byHost] = [sum('listener'), sum('host')];
    if (byListener === byHost) continue;
    faults.push(`${what}: ${messages(byListener)} by listener, ${byHost} by host: ${FAULT}`);
  }
  return faults;
}

/** What the listeners say they handed over must not be less than what the spool says it was given. */
function liveFaults(counters: Counts | undefined): string[] {
  if (!counters) return [];
  return Object.keys(counters).flatMap((name) => {
    const listener = listenerOfSettled(name);
    const left = listener === undefined ? 0 : unsettled(counters, listener);
    return left >= 0 ? [] : [`${listener}: ${messages(-left)} more read from the spool than received: ${FAULT}`];
  });
}

function messages(count: number): string {
  return `${count} ${count === 1 ? 'message' : 'messages'}`;
}
