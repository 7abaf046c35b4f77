import { join } from 'node:path';
import { wallClock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import { DiskReserve } from '../base/machine/disk-reserve.ts';
import type { Logger } from '../base/log.ts';
import { version } from '../base/version.ts';
import type { ServedWeb, ServeOptions } from '../cli/contract.ts';
import type { Settings } from '../config/index.ts';
import { controlSocket } from '../http/contract.ts';
import { Health } from '../ingest/index.ts';
import { OpenListeners } from '../listen/index.ts';
import { VisibleCell } from '../model/visible.ts';
import { acquireLock, checkOpenFiles, reloadOnHangup, ServiceManager, Signals } from '../process/index.ts';
import { allAnswer, KeptThread, StoreStart, Thread, type ThreadOptions, watchThread } from '../process/index.ts';
import { DurableEnd, logRecovery, type OpenSpool, openSpool } from '../spool/index.ts';
import { chosenCounters, createCounters } from './counters.ts';
import type { ForwarderData, FromForwarder, FromReader, FromWriter, ReaderData } from './messages.ts';
import type { ToForwarder, ToReader, ToWriter, WriterData } from './messages.ts';

/** How long the writer may take to store what is durable after a stop, ms; the rest stays in the spool. */
const DRAIN_MS = 30_000;
/** How long answers in progress delay a stop, ms. */
const ANSWERS_MS = 5000;
/**
 * Memory for short-lived objects of the reader, MiB. With less, messages of an export outlive it by the million: that
 * takes a third more CPU time, and more memory in all.
 */
const READER_YOUNG_MB = 24;
/** Interval at which the reader receives the state of the listeners, ms. */
const STATE_MS = 2000;

/** What a step of the start returns if a signal stopped the server meanwhile. */
const STOPPED = Symbol('stopped');
type Step = readonly [name: string, take: () => unknown];

/** The server's main thread: starts the others, and stops everything in reverse order. */
export class Server {
  #settings: Settings;
  readonly #options: ServeOptions;
  readonly #log: Logger;
  readonly #startedAt = Date.now();
  /** What the steps have opened; disposed of in reverse order. */
  readonly #opened = new AsyncDisposableStack();
  readonly #durable = new DurableEnd();
  readonly #visible = new VisibleCell();
  readonly #counters: Counters;
  readonly #socket: string;
  readonly #spoolFolder: string;
  #signals!: Signals;
  #manager!: ServiceManager;
  #writer!: Thread<ToWriter, FromWriter>;
  #store!: StoreStart;
  #spool!: OpenSpool;
  #reader!: KeptThread<ToReader, FromReader>;
  #forwarder: KeptThread<ToForwarder, FromForwarder> | undefined;
  #health!: Health;
  #listeners: OpenListeners | undefined;
  #listeningSince = 0;
  #web: ServedWeb | undefined;

  /** The start, in this order. Each step adds what it opens to `#opened`. */
  readonly #steps: readonly Step[] = [
    ['check the limit of open files', () => checkOpenFiles()],
    ['handle signals', () => this.#handleSignals()],
    ['lock the data folder', () => void this.#opened.use(acquireLock(this.#settings.data, this.#socket, this.#log))],
    ['start the writer', () => this.#startWriter()],
    ['open the spool', () => this.#openSpool()],
    ['start the reader', () => this.#startReader()],
    ['wait for the store', () => this.#unlessStopped(this.#store.listenable())],
    ['open the listeners', () => this.#openListeners()],
    ['let the reader answer', () => this.#unlessStopped(this.#letReaderAnswer())],
    ['start the forwarder', () => this.#startForwarder()],
    ['follow the replay', () => this.#followReplay()],
    ['handle reloads', () => this.#handleReloads()],
  ];

  constructor(settings: Settings, options: ServeOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#log = options.logger;
    this.#socket = controlSocket(settings.data);
    this.#spoolFolder = join(settings.data, 'spool');
    this.#counters = createCounters(settings);
  }

  /** Serves until a signal stops it. @returns the exit code: 1 if the writer failed */
  async run(): Promise<number> {
    await using _opened = this.#opened;
    for (const [name, take] of this.#steps) {
      this.#log.debug({ step: name }, 'starting');
      if ((await take()) === STOPPED) return 0;
    }
    this.#options.onServing(this.#listeners!.all, this.#web);
    try {
      await Promise.race([this.#signals.stopped, this.#writer.failed]);
    } catch (error) {
      this.#log.error({ err: error }, 'stopping: the writer failed');
      return 1;
    } finally {
      void this.#manager.stopping();
    }
    this.#log.info('stopping');
    return 0;
  }

  #handleSignals(): void {
    this.#signals = this.#opened.use(new Signals(this.#log));
    this.#manager = this.#opened.use(new ServiceManager(process.env, this.#log));
    this.#opened.use(watchThread('main', this.#counters));
  }

  #startWriter(): void {
    const data: WriterData = { ...this.#shared, spoolFolder: this.#spoolFolder, durable: this.#durable.memory };
    const options = { data, lastWords: { kind: 'drain' } as const, deadlineMs: DRAIN_MS };
    this.#writer = this.#opened.use(this.#newThread('writer', options));
    this.#store = new StoreStart(this.#writer);
  }

  async #openSpool(): Promise<void> {
    const spool = await openSpool({
      folder: this.#spoolFolder,
      maxBytes: this.#settings.spool.maxSize,
      startClock: await this.#store.startClock(),
      now: wallClock,
      counters: this.#counters,
      durable: this.#durable,
      log: this.#log,
      reserve: new DiskReserve(this.#settings.data),
      sharesDisk: this.#settings.store.kind === 'embedded',
    });
    this.#spool = this.#opened.use(spool);
    logRecovery(spool.recovered, this.#log);
    this.#writer.onMessage((message) => {
      if (message.kind === 'safe') spool.markSafe(message.sequence);
    });
    this.#writer.post({ kind: 'start', nonce: spool.nonce, lastEarlier: spool.recovered.lastSequence });
  }

  async #startReader(): Promise<void> {
    this.#reader = this.#opened.use(new KeptThread(() => this.#newReader(), this.#log));
    const waiting = () => this.#store.waiting;
    const parts = { spool: this.#spool, counters: this.#counters, visible: this.#visible, waiting };
    this.#health = this.#opened.use(new Health(parts));
    this.#postState();
    const timer = setInterval(() => this.#postState(), STATE_MS);
    this.#opened.defer(() => clearInterval(timer));
    this.#web = (await this.#reader.current.next('serving')).web;
  }

  #newReader(): Thread<ToReader, FromReader> {
    const data: ReaderData = { ...this.#shared, socket: this.#socket, version: version(), startedAt: this.#startedAt };
    return this.#newThread('reader', {
      data,
      lastWords: { kind: 'stop' },
      deadlineMs: ANSWERS_MS,
      youngMb: READER_YOUNG_MB,
    });
  }

  async #openListeners(): Promise<void> {
    const parts = { spool: this.#spool, counters: this.#counters, log: this.#log, data: this.#settings.data };
    this.#listeners = this.#opened.use(await OpenListeners.open(this.#settings.listen, parts));
    this.#listeningSince = Date.now();
    this.#postState();
  }

  async #letReaderAnswer(): Promise<void> {
    const safe = await this.#store.beginReading(this.#reader.current);
    this.#reader.keep((reader) => this.#store.beginReading(reader));
    this.#counters.counter('spool.earlier').set(this.#spool.recoveredAfter(safe));
    this.#postListening(this.#listeningSince);
  }

  /** Only a configuration with destinations has this thread. */
  #startForwarder(): void {
    if (this.#settings.forward.length === 0 || this.#forwarder) return;
    const open = (): Thread<ToForwarder, FromForwarder> => {
      const data: ForwarderData = { ...this.#shared, version: version() };
      return this.#newThread('forwarder', { data, lastWords: { kind: 'stop' }, deadlineMs: DRAIN_MS });
    };
    const begin = async (thread: Thread<ToForwarder, FromForwarder>) =>
      thread.post({ kind: 'begin', node: await this.#store.node });
    this.#forwarder = this.#opened.use(new KeptThread(open, this.#log, 'forwarding was'));
    void begin(this.#forwarder.current);
    this.#forwarder.keep(begin);
  }

  #followReplay(): void {
    this.#health.onReplayed(() => {
      this.#postState();
      void this.#manager.ready((ms) => allAnswer([this.#writer, this.#reader], { ms, log: this.#log }));
    });
  }

  #handleReloads(): void {
    const { reload: read } = this.#options;
    const apply = async (settings: Settings): Promise<void> => {
      this.#settings = settings;
      this.#counters.add(chosenCounters(settings));
      const message = { kind: 'reload', settings, counters: this.#counters.names } as const;
      this.#writer.post(message);
      this.#reader.post(message);
      this.#forwarder?.post(message);
      this.#startForwarder();
      await this.#listeners!.reload(settings.listen);
      this.#postListening(Date.now());
    };
    const handler = reloadOnHangup<Settings>({
      signals: this.#signals,
      settings: this.#settings,
      fixed: [['data', 'dataFrom'], ['store'], ['spool'], ['web']],
      read,
      apply,
      log: this.#log,
      onReloading: (isReloading) => this.#manager.reloading(isReloading),
    });
    this.#opened.use(handler);
  }

  get #shared(): Pick<WriterData, 'settings' | 'counters' | 'visible'> {
    return { settings: this.#settings, counters: this.#counters.share(), visible: this.#visible.memory };
  }

  #newThread<In extends { kind: string }, Out extends { kind: string }>(
    name: string,
    options: Omit<ThreadOptions<In>, 'log'>,
  ): Thread<In, Out> {
    return new Thread<In, Out>(name, { ...options, log: this.#log.child({ thread: name }) });
  }

  async #unlessStopped(work: Promise<void>): Promise<unknown> {
    return await Promise.race([work, this.#signals.stopped.then(() => STOPPED)]);
  }

  /** Sends the reader what only this thread knows: health and listeners. */
  #postState(): void {
    const listeners = (this.#listeners?.all ?? []).map((listener) => listener.stats());
    const { unready } = this.#health;
    const degraded = [...this.#reader.troubles, ...(this.#forwarder?.troubles ?? [])];
    this.#reader.post({ kind: 'state', unready, degraded, listeners });
  }

  /** Has the writer record in the coverage log which listeners are open since then. */
  #postListening(since: number): void {
    const listeners = this.#listeners!.all.map(({ name }) => name);
    const lastArrival = this.#spool.recovered.lastReceivedAt;
    this.#writer.post({ kind: 'listening', listeners, since, lastArrival });
  }
}
