import { once } from 'node:events';
import type { Api } from '../api/contract.ts';
import type { Stats } from '../ask/contract.ts';
import { type AnswerContext, statusOf } from '../ask/index.ts';
import { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { ClusterClock, followPositions, type LivePositions, nodeReport, startHeartbeat } from '../cluster/index.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import { forwardTroubles } from '../forward/index.ts';
import { serveHttp } from '../http/index.ts';
import { VisibleCell } from '../model/visible.ts';
import { ThreadEnd } from '../process/index.ts';
import { StoreWait } from '../process/store-wait.ts';
import type { StoreReader } from '../store/contract.ts';
import { watchExpiries } from '../store/index.ts';
import { runAlerts } from './alerting.ts';
import { openAnswering } from './answering.ts';
import { ALL_COUNTERS } from './counters.ts';
import type { FromReader, MainState, ReaderData, ThreadParts, ToReader } from './messages.ts';
import { textFormat } from '../cli/formats/registry.ts';
import { openStoreReader } from '../stores/index.ts';

/** Interval of node reports. Followers on a shared store wait for them; beside an embedded store each only costs an fsync. */
const HEARTBEAT_MS = { mongodb: 2000, embedded: 60_000 } as const;

/** How long the link in the banner is valid, ms. */
const FIRST_LINK_MS = 600_000;

/** What depends on the open store. */
type Open = {
  readonly context: AnswerContext;
  /** What does not work though the server is ready. */
  readonly degraded: () => readonly string[];
  /** When which collection expires. */
  readonly expires: () => readonly string[];
  readonly reload: (settings: Settings) => void;
};

/** The reader's thread: serves health at once, questions and alerts from the message `begin` until `stop`. */
export class Reader {
  readonly #main: ThreadEnd<ToReader, FromReader>;
  readonly #data: ReaderData;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #visible: VisibleCell;
  #settings: Settings;
  #state: MainState = { unready: ['starting'], degraded: [], listeners: [] };
  #open: Open | undefined;
  #web: Api | undefined;

  constructor({ port, data, log }: ThreadParts<ReaderData>) {
    this.#main = new ThreadEnd(port, 'stop');
    this.#data = data;
    this.#log = log;
    this.#settings = data.settings;
    this.#counters = Counters.from(data.counters);
    this.#visible = new VisibleCell(data.visible);
    this.#main.onMessage((message) => this.#receive(message));
  }

  /** Resolves after `stop`. @throws what the store fails with for good */
  async run(): Promise<void> {
    await using servers = new AsyncDisposableStack();
    const web = await this.#serve(servers);
    this.#main.post({ kind: 'serving', ...(web && { web: { url: web.url, link: web.link(FIRST_LINK_MS) } }) });
    try {
      await this.#answer((await this.#main.first('begin')).node, servers);
    } catch (error) {
      // Stopped while the store kept the start waiting.
      if (error !== this.#main.stopping.reason) throw error;
    }
  }

  /** Opens the control socket, and the web page if it is on. */
  async #serve(servers: AsyncDisposableStack): Promise<Api | undefined> {
    const parts = {
      context: () => this.#open?.context,
      unready: () => this.#state.unready,
      degraded: () => [...this.#state.degraded, ...(this.#open?.degraded() ?? [])],
      log: this.#log,
    };
    const { data, web: settings } = this.#settings;
    const status = () => this.#status();
    const visibleAt = () => this.#visible.position?.receivedAt;
    const { version } = this.#data;
    const own = { data, version, counters: this.#counters, declared: ALL_COUNTERS, format: textFormat };
    // Loaded only where it is on: its libraries take memory.
    const serveWeb = settings && (await import('../api/index.ts')).serveApi;
    const web = serveWeb && (await serveWeb({ ...parts, ...own, settings, status, visibleAt }));
    if (web) servers.use(web);
    this.#web = web;
    const expires = () => this.#open?.expires() ?? [];
    servers.use(await serveHttp({ ...parts, path: this.#data.socket, expires, link: web && (() => web.link()) }));
    return web;
  }

  #receive(message: ToReader): void {
    if (message.kind === 'state') this.#state = message;
    if (message.kind === 'reload') {
      this.#counters.add(message.counters);
      this.#settings = message.settings;
      this.#open?.reload(message.settings);
    }
  }

  /** Answers questions and judges rules as this node, until `stop`. */
  async #answer(node: number, servers: AsyncDisposableStack): Promise<void> {
    const { stopping: signal } = this.#main;
    const log = this.#log;
    const { version, startedAt } = this.#data;
    await using store = await openStoreReader(this.#settings, Date.now, log);
    await using positions = await this.#positionsOf(node, store);
    const { visible, shown, changed } = positions;
    const arrived = () => this.#visible.position?.receivedAt ?? 0;
    await using clock = await ClusterClock.open({ store, arrived, log });
    const { context, coverage, facts } = openAnswering({
      settings: () => this.#settings,
      store,
      visible,
      shown,
      changed,
      status: async () => this.#status(),
      now: Date.now,
      clock: clock.now,
      coverage: { running: node },
      account: { node, counters: () => this.#counters.snapshot() },
      log,
    });
    await using alerts = runAlerts(() => this.#settings, {
      store,
      visible,
      coverage,
      node,
      now: clock.now,
      version,
      facts,
      counters: this.#counters,
      log,
    });
    using expiring = watchExpiries(store, () => this.#settings.streams);
    const reload = (settings: Settings): void => {
      store.setRetention(retentionOf(settings));
      alerts.reload(settings);
    };
    this.#open = {
      context,
      degraded: () => [...alerts.degraded, ...forwardTroubles(this.#counters.snapshot(), this.#settings)],
      expires: expiring.lines,
      reload,
    };
    // Disposed of first: answers in progress end before their store closes.
    await using _answering = servers.move();
    await using _heartbeat = startHeartbeat({
      state: store.state('nodes'),
      report: () => nodeReport({ node, version, startedAt, visible: this.#visible, counters: this.#counters }),
      every: HEARTBEAT_MS[this.#settings.store.kind],
      log,
    });
    this.#main.post({ kind: 'ready' });
    if (!signal.aborted) await once(signal, 'abort');
  }

  get #isShared(): boolean {
    return this.#settings.store.kind !== 'embedded';
  }

  async #positionsOf(node: number, store: StoreReader): Promise<LivePositions> {
    const wait = new StoreWait({
      mayReturn: this.#isShared,
      signal: this.#main.stopping,
      log: this.#log,
      onWaiting: (reason) => this.#main.post({ kind: 'waiting', reason }),
    });
    const parts = { store, node, cell: this.#visible, isShared: this.#isShared, log: this.#log };
    const reason = 'the store does not return the reports of other nodes';
    const positions = await wait.until(() => followPositions(parts), reason);
    wait.done();
    return positions;
  }

  #status(): Omit<Stats, 'store'> {
    const { version, startedAt } = this.#data;
    const { data, spool } = this.#settings;
    const counters = this.#counters.snapshot();
    const { listeners } = this.#state;
    return statusOf({ version, startedAt, data, spoolLimit: spool.maxSize, listeners, web: this.#web, counters });
  }
}
