import { countOf } from '../base/text.ts';
import { MINUTE } from '../base/units.ts';
import type { StoreState } from '../store/contract.ts';
import { Bucket, type Counts } from './bucket.ts';
import {
  type Account,
  type Balance,
  EARLIER_RUN,
  type HostAccount,
  type Interval,
  type ListenerAccount,
  type RelayAccount,
} from './contract.ts';
import { listenerOfSettled, MISFRAMED, SETTLED_EARLIER, unsettled } from './counters.ts';
import { type Rollups, readRollups } from './read-rollups.ts';

/** The name of the row for damaged messages. */
const DAMAGED = '(damaged in the spool)';
/** Reasons of drops by listeners that are not limits. */
const LOST = new Set(['spool_full', 'spool_failed', 'window', 'shutdown', 'partial']);
/** Reasons of drops of messages that do not count as received. */
const OUTSIDE = new Set(['kernel', 'not_allowed']);
const DROPPED = 'dropped.';

export type AccountOptions = {
  readonly state: (namespace: string) => StoreState;
  /** The numbers of all nodes that ever stored here. */
  readonly nodes: readonly number[];
  /** ms; `to` may be Infinity. */
  readonly window: Interval;
  readonly now: number;
  /** What is known of servers that forward here. */
  readonly relays?: readonly RelayAccount[];
  /** The node of this machine's data folder, running or not. */
  readonly node: number | undefined;
  /** The live counters of the running server. */
  readonly counters?: () => Readonly<Record<string, number>>;
  /** If no server is running, the counts of messages waiting in the spool, by the start of the minute, ms. */
  readonly waiting?: ReadonlyMap<number, Bucket>;
};

/** Adds up what was received in a window and what became of it. */
export async function readAccount(options: AccountOptions): Promise<Account> {
  const { state, nodes, node, relays = [] } = options;
  const all = node === undefined || nodes.includes(node) ? nodes : [...nodes, node];
  const before = options.counters?.();
  const { window, rollups } = await readRollups(state, all, options.window);
  const after = options.counters?.();
  // A save in between: rollups and counters would be of two moments.
  if (before && after && settledIn(before) !== settledIn(after)) return readAccount(options);
  if (node !== undefined) addWaiting(rollups.get(node)!, options, after);
  const listeners = [...rollups].flatMap(([one, own]) => listenersOf(one, own));
  const taken = new Bucket();
  for (const own of rollups.values()) taken.addAll(own.taken);
  return {
    since: window.from,
    until: Math.min(window.to, Math.max(options.now, options.window.to)),
    listeners,
    hosts: hostsOf(taken),
    stages: taken.rows('stage').map(({ name, counts }) => ({ name, dropped: counts['dropped'] ?? 0 })),
    total: totalOf(listeners),
    ...(relays.length > 0 && { relays: relays.map(relayOf) }),
    faults: [...faultsOf(taken, listeners), ...liveFaults(after), ...relayFaults(relays)],
  };
}

/** Adds what is received but not counted elsewhere yet, if the window includes the present. */
function addWaiting({ taken }: Rollups, options: AccountOptions, counters: Counts | undefined): void {
  const { window, now, waiting = new Map() } = options;
  for (const [minute, bucket] of waiting) if (minute < window.to && minute + MINUTE > window.from) taken.addAll(bucket);
  if (!counters || window.to < now - MINUTE) return;
  for (const name of Object.keys(counters)) {
    const listener = listenerOfSettled(name);
    if (listener !== undefined) taken.add('listener', listener, 'waiting', Math.max(0, unsettled(counters, listener)));
  }
  const earlier = (counters['spool.earlier'] ?? 0) - (counters[SETTLED_EARLIER] ?? 0);
  if (earlier > 0) taken.add('listener', EARLIER_RUN, 'waiting', earlier);
}

function settledIn(counters: Readonly<Record<string, number>>): number {
  const names = Object.keys(counters).filter(
    (name) => name === SETTLED_EARLIER || listenerOfSettled(name) !== undefined,
  );
  return names.reduce((sum, name) => sum + counters[name]!, 0);
}

function listenersOf(node: number, { taken, door }: Rollups): ListenerAccount[] {
  const bucket = new Bucket();
  bucket.addAll(taken);
  bucket.addAll(door);
  return bucket.rows('listener').map(({ name, counts }) => listenerOf(node, name, counts));
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
    ...(of(MISFRAMED) > 0 && { misframed: of(MISFRAMED) }),
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

const FAULT = 'a fault of cordwood; please report it';

function faultsOf(taken: Bucket, listeners: readonly ListenerAccount[]): string[] {
  const faults = listeners
    .filter(({ unexplained }) => unexplained !== 0)
    .map(({ name, unexplained }) => {
      const what = unexplained > 0 ? 'received and not accounted for' : 'stored or dropped but never received';
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

function relayOf({ relay, from, sent, missing, taken, again }: RelayAccount): RelayAccount {
  return { relay, from, taken, again, ...(sent !== undefined && { sent }), ...(missing !== undefined && { missing }) };
}

function relayFaults(relays: readonly RelayAccount[]): string[] {
  return relays
    .filter(({ missing = 0 }) => missing > 0)
    .map(
      ({ relay, missing }) => `${relay}: ${messages(missing!)} that it had forwarded by its last report are not here`,
    );
}

/** Finds listeners that passed fewer messages to the spool than were read from it. */
function liveFaults(counters: Counts | undefined): string[] {
  if (!counters) return [];
  return Object.keys(counters).flatMap((name) => {
    const listener = listenerOfSettled(name);
    const left = listener === undefined ? 0 : unsettled(counters, listener);
    return left >= 0 ? [] : [`${listener}: ${messages(-left)} more read from the spool than received: ${FAULT}`];
  });
}

function messages(count: number): string {
  return countOf(count, 'message');
}
