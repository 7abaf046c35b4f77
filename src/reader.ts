import { addAbortListener } from 'node:events';
import { hostname } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openCoverage, readAccount } from './account/index.ts';
import { Counters } from './base/counters.ts';
import { VisibleCell } from './base/visible.ts';
import { retentionOf, type Settings } from './config/index.ts';
import type { AnswerContext } from './http/context.ts';
import type { Stats } from './http/contract.ts';
import { serveHttp } from './http/server.ts';
import { idOf, lastIdOf } from './model/id.ts';
import type { ListenerStats } from './listen/contract.ts';
import { knownNodes, readReports } from './store/nodes.ts';
import { holdsOf } from './store/holds.ts';
import type { Ping, Pong } from './assembly/thread.ts';
import { Alerts, deskOf } from './assembly/alerting.ts';
import { OtherNodes } from './assembly/other-nodes.ts';
import { logToParent, type ThreadLog } from './assembly/thread-log.ts';
import { watchExpiries } from './assembly/expiry.ts';
import { startHeartbeat } from './assembly/heartbeat.ts';
import { storeOf } from './assembly/stores.ts';

/** What the server gives this thread. */
export type ReaderData = {
  readonly settings: Settings;
  /** The path of the control socket. */
  readonly socket: string;
  readonly node: number;
  readonly version: string;
  readonly startedAt: number;
  readonly visible: SharedArrayBuffer;
  readonly counters: ReturnType<Counters['share']>;
};

export type ToReader =
  | Ping
  /** Whether the server can be relied on, and what it listens on. */
  | { readonly kind: 'state'; readonly unready: readonly string[]; readonly listeners: readonly ListenerStats[] }
  /** The configuration has changed; `counters` names all there are now. */
  | { readonly kind: 'reload'; readonly settings: Settings; readonly counters: readonly string[] }
  | { readonly kind: 'stop' };

export type FromReader = ThreadLog | Pong | { readonly kind: 'ready' };

/** Where others follow what this node stores, they wait for its reports; where there is no other, each costs an fsync. */
const HEARTBEAT_MS = { mongodb: 2000, embedded: 60_000 } as const;

const port = parentPort!;
const data = workerData as ReaderData;
const log = logToParent(port);
let { settings } = data;
const cell = new VisibleCell(data.visible);
const counters = Counters.from(data.counters);
let state: Extract<ToReader, { kind: 'state' }> = { kind: 'state', unready: ['starting'], listeners: [] };

const { openReader } = await storeOf(settings);
await using store = await openReader({ ...retentionOf(settings), folder: settings.data, now: Date.now, log });
await using others = await OtherNodes.read({ store, own: data.node, log });
// Beside an embedded store there is no other: those it knows are gone.
const gone = settings.store.kind === 'embedded' ? (await nodes()).filter((node) => node !== data.node) : undefined;
if (!gone) others.watch();

const coverage = openCoverage({ state: (name) => store.state(name), nodes, running: data.node, now: Date.now });
const context: AnswerContext = {
  store,
  holds: holdsOf(store),
  retention: () => retentionOf(settings),
  now: Date.now,
  visible,
  changed: async (seen, signal, timeoutMs) => {
    const { version } = cell;
    if (signal.aborted || String(seen) !== String(visible())) return;
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    using _listening = addAbortListener(signal, () => resolve());
    await Promise.race([cell.changed(version, timeoutMs), aborted]);
  },
  status: async () => status(),
  alerts: deskOf(() => settings, { store, visible, coverage, now: Date.now, log }),
  nodes: async () => (await readReports(store.state('nodes'))).map(({ report }) => report),
  coverage,
  account: async (window) =>
    readAccount({
      state: (name) => store.state(name),
      nodes: await nodes(),
      window,
      now: Date.now(),
      node: data.node,
      counters: () => counters.snapshot(),
    }),
};
await using alerts = new Alerts(settings, {
  store,
  visible,
  coverage,
  node: data.node,
  startedAt: data.startedAt,
  now: Date.now,
  version: data.version,
  log,
});
using expiring = watchExpiries(store, () => settings.streams);
const unready = () => state.unready;
await using _server = await serveHttp({ path: data.socket, context, unready, expires: expiring.lines, log });
await using _heartbeat = startHeartbeat({
  state: store.state('nodes'),
  report: () => ({
    node: data.node,
    host: hostname(),
    version: data.version,
    startedAt: data.startedAt,
    heartbeatAt: Date.now(),
    ...(cell.position && { visible: idOf(cell.position) }),
    counters: Object.fromEntries(Object.entries(counters.snapshot()).filter(([, value]) => value !== 0)),
  }),
  every: HEARTBEAT_MS[settings.store.kind],
  log,
});
port.postMessage({ kind: 'ready' } satisfies FromReader);
await new Promise<void>((stop) => {
  port.on('message', (message: ToReader) => {
    if (message.kind === 'stop') stop();
    else if (message.kind === 'state') state = message;
    else if (message.kind === 'ping') port.postMessage({ kind: 'pong' } satisfies FromReader);
    else reload(message);
  });
});
port.close();

function reload(message: Extract<ToReader, { kind: 'reload' }>): void {
  counters.add(message.counters);
  settings = message.settings;
  store.retain(retentionOf(settings));
  alerts.reload(settings);
}

function nodes(): Promise<number[]> {
  return knownNodes(store.state('nodes'));
}

/** Nodes that are gone have nothing more to store. */
function visible(): string[] {
  const own = idOf(cell.position ?? { receivedAt: 0, node: data.node, sequence: 0 });
  return [...(gone?.map(lastIdOf) ?? others.visible(own)), own];
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
