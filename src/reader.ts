import { addAbortListener, once } from 'node:events';
import { hostname } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Coverage } from './account/contract.ts';
import { openCoverage, readAccount } from './account/index.ts';
import { Counters } from './base/counters.ts';
import { VisibleCell } from './model/visible.ts';
import { retentionOf, type Settings } from './config/index.ts';
import type { AnswerContext } from './ask/index.ts';
import type { Stats } from './ask/contract.ts';
import { serveHttp } from './http/index.ts';
import { idOf, lastIdOf } from './model/id.ts';
import type { ListenerStats } from './listen/contract.ts';
import type { NodeReport } from './cluster/contract.ts';
import { ClusterClock, knownNodes, OtherNodes, readReports, startHeartbeat } from './cluster/index.ts';
import { holdsOf } from './store/retention/holds.ts';
import type { Ping, Pong } from './process/thread.ts';
import { Alerts, type AlertingParts, deskOf } from './assembly/alerting.ts';
import { digestFacts } from './assembly/digest-facts.ts';
import { logToParent, type ThreadLog } from './process/thread-log.ts';
import { watchExpiries } from './assembly/expiry.ts';
import { StoreWait } from './process/store-wait.ts';
import { storeOf } from './assembly/stores.ts';

/** What the server gives this thread. */
export type ReaderData = {
  readonly settings: Settings;
  /** The path of the control socket. */
  readonly socket: string;
  readonly version: string;
  readonly startedAt: number;
  readonly visible: SharedArrayBuffer;
  readonly counters: ReturnType<Counters['share']>;
};

export type ToReader =
  | Ping
  /** The store is open, and this is our number there: before, there is nothing to answer from. */
  | { readonly kind: 'begin'; readonly node: number }
  /** Whether the server can be relied on, and what it listens on. */
  | { readonly kind: 'state'; readonly unready: readonly string[]; readonly listeners: readonly ListenerStats[] }
  /** The configuration has changed; `counters` names all there are now. */
  | { readonly kind: 'reload'; readonly settings: Settings; readonly counters: readonly string[] }
  | { readonly kind: 'stop' };

export type FromReader =
  | ThreadLog
  | Pong
  /** The control socket is there: it tells how the server fares, whether questions can be answered or not. */
  | { readonly kind: 'serving' }
  /** The store keeps the start waiting. */
  | { readonly kind: 'waiting'; readonly reason: string | undefined }
  /** Questions are answered and alerts are judged. */
  | { readonly kind: 'ready' };

/** Where others follow what this node stores, they wait for its reports; where there is no other, each costs an fsync. */
const HEARTBEAT_MS = { mongodb: 2000, embedded: 60_000 } as const;

const port = parentPort!;
const data = workerData as ReaderData;
const log = logToParent(port);
let { settings } = data;
const cell = new VisibleCell(data.visible);
const counters = Counters.from(data.counters);
let state: Extract<ToReader, { kind: 'state' }> = { kind: 'state', unready: ['starting'], listeners: [] };
let context: AnswerContext | undefined;
let expires: () => readonly string[] = () => [];
let degraded: () => readonly string[] = () => [];
let reload = (next: Settings): void => {
  settings = next;
};

const stopping = new AbortController();
const { promise: begun, resolve: begin, reject: giveUp } = Promise.withResolvers<number>();
stopping.signal.addEventListener('abort', () => giveUp(stopping.signal.reason));
begun.catch(() => {});
port.on('message', hear);
const server = await serveHttp({
  ...{ path: data.socket, context: () => context, unready: () => state.unready },
  ...{ degraded: () => degraded(), expires: () => expires(), log },
});
post({ kind: 'serving' });
try {
  await answerAs(await begun);
} catch (error) {
  // Told to stop while the store keeps us waiting.
  if (error !== stopping.signal.reason) throw error;
} finally {
  await server[Symbol.asyncDispose]();
}
port.close();

function hear(message: ToReader): void {
  if (message.kind === 'stop') stopping.abort();
  else if (message.kind === 'begin') begin(message.node);
  else if (message.kind === 'state') state = message;
  else if (message.kind === 'ping') post({ kind: 'pong' });
  else {
    counters.add(message.counters);
    reload(message.settings);
  }
}

/** Answers questions and judges alerts as this node, until we are told to stop. */
async function answerAs(node: number): Promise<void> {
  const { openReader } = await storeOf(settings);
  await using store = await openReader({ ...retentionOf(settings), folder: settings.data, now: Date.now, log });
  const { signal } = stopping;
  const isShared = settings.store.kind !== 'embedded';
  const onWaiting = (reason: string | undefined) => post({ kind: 'waiting', reason });
  const wait = new StoreWait({ mayReturn: isShared, signal, log, onWaiting });
  const look = () => OtherNodes.read({ store, own: node, log });
  await using others = await wait.until(look, 'the store does not say how other nodes fare');
  wait.done();
  // Beside an embedded store there is no other: those it knows are gone.
  const gone = isShared ? undefined : (await knownNodes(store.state('nodes'))).filter((one) => one !== node);
  if (!gone) others.watch();
  /** Nodes that are gone have nothing more to store. */
  const withOwn = (of: (own: string) => string[]): string[] => {
    const own = idOf(cell.position ?? { receivedAt: 0, node, sequence: 0 });
    store.reach?.(cell.reached);
    return [...(gone?.map(lastIdOf) ?? of(own)), own];
  };
  const visible = () => withOwn((own) => others.visible(own));
  const shown = () => withOwn((own) => others.shown(own));
  const nodes = () => knownNodes(store.state('nodes'));
  await using clock = await ClusterClock.open({ store, arrived: () => cell.position?.receivedAt ?? 0, log });
  const { now } = clock;
  const coverage = openCoverage({ state: (name) => store.state(name), nodes, running: node, now });
  const facts = digestFacts(() => context);
  const parts = { store, visible, shown, coverage, node, now, version: data.version, facts, counters, log };
  await using alerts = new Alerts(settings, parts);
  degraded = () => alerts.degraded;
  reload = (next) => {
    settings = next;
    store.retain(retentionOf(settings));
    alerts.reload(settings);
  };
  using expiring = watchExpiries(store, () => settings.streams);
  expires = expiring.lines;
  context = contextOf(parts, nodes);
  // Ends what is being answered before what it is answered from.
  await using _answering = server;
  const every = HEARTBEAT_MS[settings.store.kind];
  await using _heartbeat = startHeartbeat({ state: store.state('nodes'), report: () => reportOf(node), every, log });
  post({ kind: 'ready' });
  if (!signal.aborted) await once(signal, 'abort');
}

type Parts = AlertingParts & { readonly coverage: Coverage; readonly shown: () => readonly string[] };

function contextOf(
  { store, visible, shown, coverage, node, now, facts, log }: Parts,
  nodes: () => Promise<number[]>,
): AnswerContext {
  return {
    store,
    holds: holdsOf(store),
    retention: () => retentionOf(settings),
    now: Date.now,
    visible,
    shown,
    changed: async (seen, signal, timeoutMs) => {
      const { version } = cell;
      if (signal.aborted || String(seen) !== String(visible())) return;
      const { promise: aborted, resolve } = Promise.withResolvers<void>();
      using _listening = addAbortListener(signal, () => resolve());
      await Promise.race([cell.changed(version, timeoutMs), aborted]);
    },
    status: async () => status(),
    alerts: deskOf(() => settings, { store, visible, coverage, now, facts, log }),
    nodes: async () => (await readReports(store.state('nodes'))).map(({ report }) => report),
    coverage,
    account: async (window) =>
      readAccount({
        state: (name) => store.state(name),
        nodes: await nodes(),
        window,
        now: Date.now(),
        node,
        counters: () => counters.snapshot(),
      }),
  };
}

function reportOf(node: number): Omit<NodeReport, 'stopped' | 'every'> {
  return {
    node,
    host: hostname(),
    version: data.version,
    startedAt: data.startedAt,
    heartbeatAt: Date.now(),
    ...(cell.position && { visible: idOf(cell.position) }),
    ...(cell.reached > 0n && { reached: String(cell.reached) }),
    counters: Object.fromEntries(Object.entries(counters.snapshot()).filter(([, value]) => value !== 0)),
  };
}

function status(): Omit<Stats, 'store'> {
  const all = counters.snapshot();
  const spool = (what: string) => all[`spool.${what}`] ?? 0;
  return {
    version: data.version,
    running: true,
    startedAt: data.startedAt,
    data: settings.data,
    spool: {
      segments: spool('segments'),
      bytes: spool('bytes'),
      limit: settings.spool.max_size,
      waitingBytes: spool('waiting'),
    },
    listeners: state.listeners.map((listener) => ({ ...listener })),
    counters: all,
  };
}

function post(message: FromReader): void {
  port.postMessage(message);
}
