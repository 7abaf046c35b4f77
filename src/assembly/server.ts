import { join } from 'node:path';
import { accountCounters } from '../account/index.ts';
import { ALERT_COUNTERS } from '../alert/contract.ts';
import { banner } from './banner.ts';
import { wallClock } from '../base/clock.ts';
import { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { VisibleCell } from '../model/visible.ts';
import type { ServeOptions } from '../cli/contract.ts';
import type { Settings } from '../config/index.ts';
import { counterNames } from '../listen/contract.ts';
import { Health } from './health.ts';
import { OpenListeners } from '../listen/open-listeners.ts';
import { reloadOnHangup } from '../process/reload.ts';
import type { FromReader, ReaderData, ToReader } from '../reader.ts';
import { ServiceManager } from '../process/service-manager.ts';
import { Signals } from '../process/signals.ts';
import { controlSocket } from '../http/contract.ts';
import { stageCounter } from '../pipeline/registry.ts';
import { DurableEnd, type OpenSpool, openSpool, SPOOL_COUNTERS } from '../spool/index.ts';
import { acquireLock } from '../process/data-lock.ts';
import { STORING_COUNTERS } from '../ingest/storing.ts';
import { allAnswer, Thread } from '../process/thread.ts';
import { version } from '../base/version.ts';
import type { FromWriter, ToWriter, WriterData } from '../writer.ts';

/** How long the writer may take to store what is durable when we stop; the rest stays in the spool, ms. */
const DRAIN_MS = 30_000;
/** How long answers in progress hold the end back, ms. */
const ANSWERS_MS = 5000;
/** How often the reader is told how the listeners fare, ms. */
const STATE_MS = 2000;

/**
 * Serves until a signal says stop: started in order from the data folder to the sockets, stopped in reverse.
 * @returns the exit code: 1 where a thread failed
 */
export async function serve(settings: Settings, { logger: log, print, reload }: ServeOptions): Promise<number> {
  const startedAt = Date.now();
  await using parts = new AsyncDisposableStack();
  const signals = parts.use(new Signals(log));
  const manager = parts.use(new ServiceManager(process.env, log));
  const socket = controlSocket(settings.data);
  parts.use(acquireLock(settings.data, socket));

  const fixed = [...SPOOL_COUNTERS, ...STORING_COUNTERS, ...ALERT_COUNTERS];
  const counters = new Counters([...fixed, ...chosenCounters(settings)]);
  const durable = new DurableEnd();
  const visible = new VisibleCell();
  const shared = { settings, counters: counters.share(), visible: visible.memory };
  const spoolFolder = join(settings.data, 'spool');

  const writer = parts.use(startWriter({ ...shared, spoolFolder, durable: durable.memory }, log));
  const store = new StoreWatch(writer);
  const startClock = await store.latest;
  const maxBytes = settings.spool.max_size;
  const spool = parts.use(
    await openSpool({ folder: spoolFolder, maxBytes, startClock, now: wallClock, counters, durable, log }),
  );
  reportRecovery(spool, log);
  writer.onMessage((message) => {
    if (message.kind === 'safe') spool.safe(message.sequence);
  });
  const { lastSequence, lastReceivedAt } = spool.recovered;
  writer.post({ kind: 'start', nonce: spool.nonce, lastEarlier: lastSequence });

  const reader = parts.use(startReader({ ...shared, socket, version: version(), startedAt }, log));
  const health = parts.use(new Health({ spool, counters, visible, waiting: () => store.waiting }));
  const state = parts.use(tellReader(reader, health));
  await reader.next('serving');
  if (!(await Promise.race([store.readyOrAway, signals.stopped]))) return 0;
  const listeners = parts.use(await OpenListeners.open(settings.listen, { spool, counters, log, data: settings.data }));
  const listeningSince = Date.now();
  state.tell(listeners);
  const begun = await Promise.race([store.beginReading(reader), signals.stopped]);
  if (!begun) return 0;
  counters.counter('spool.earlier').set(spool.recoveredAfter(begun.safe));
  const tellWriter = (since: number): void => {
    const names = listeners.all.map(({ name }) => name);
    writer.post({ kind: 'listening', listeners: names, since, lastArrival: lastReceivedAt });
  };
  tellWriter(listeningSince);
  health.onReplayed(() => {
    state.tell();
    void manager.ready((ms) => allAnswer([writer, reader], { ms, log }));
  });
  const apply = async (next: Settings): Promise<void> => {
    counters.add(chosenCounters(next));
    writer.post({ kind: 'reload', settings: next, counters: counters.names });
    reader.post({ kind: 'reload', settings: next, counters: counters.names });
    await listeners.reload(next.listen);
    tellWriter(Date.now());
  };
  const told = (isReloading: boolean) => manager.reloading(isReloading);
  parts.use(reloadOnHangup({ signals, settings, read: reload, log, apply, told }));
  print(banner(settings, listeners.all, version()));
  try {
    await Promise.race([signals.stopped, writer.failed, reader.failed]);
  } catch (error) {
    log.error({ err: error }, 'stopping: a part of the server failed');
    return 1;
  } finally {
    void manager.stopping();
  }
  log.info('stopping');
  return 0;
}

/** The counters that there is one of for each listener, and for each stage. */
function chosenCounters({ listen, pipeline }: Settings): string[] {
  const listeners = listen.map(({ name }) => name);
  return [...accountCounters(listeners), ...listeners.flatMap(counterNames), ...pipeline.map(stageCounter)];
}

function startWriter(data: WriterData, log: Logger): Thread<ToWriter, FromWriter> {
  return new Thread('writer', {
    data,
    log: log.child({ thread: 'writer' }),
    lastWords: { kind: 'drain' },
    deadlineMs: DRAIN_MS,
  });
}

function startReader(data: ReaderData, log: Logger): Thread<ToReader, FromReader> {
  return new Thread('reader', {
    data,
    log: log.child({ thread: 'reader' }),
    lastWords: { kind: 'stop' },
    deadlineMs: ANSWERS_MS,
  });
}

function reportRecovery({ recovered }: OpenSpool, log: Logger): void {
  const { segments, records, damagedPlaces, damagedBytes, cutBytes, lastSequence } = recovered;
  if (segments > 0) log.info({ segments, records, lastSequence }, 'the spool was read back');
  if (cutBytes > 0)
    log.warn({ cutBytes }, 'the end of the spool was cut off in mid-write; nothing acknowledged was in it');
  if (damagedPlaces > 0)
    log.error({ damagedPlaces, damagedBytes }, 'the spool is damaged: what lay there is lost; check the disk');
}

/** Keeps the reader informed of what only this thread knows. */
function tellReader(
  reader: Thread<ToReader, FromReader>,
  health: Health,
): Disposable & { readonly tell: (listeners?: OpenListeners) => void } {
  let open: OpenListeners | undefined;
  const tell = (listeners = open): void => {
    open = listeners;
    const stats = (open?.all ?? []).map((listener) => listener.stats());
    reader.post({ kind: 'state', unready: health.unready, listeners: stats });
  };
  tell();
  const timer = setInterval(tell, STATE_MS);
  return { tell, [Symbol.dispose]: () => clearInterval(timer) };
}

/** What the threads say of a store that may keep the start waiting. */
class StoreWatch {
  /** Why the server does not store and answer yet; undefined where it does. */
  waiting: string | undefined = 'starting';
  /** The arrival clock starts no lower, ms; 0 where the store keeps us waiting. */
  readonly latest: Promise<number>;
  /** Resolves, with true, when what arrives can be stored, or must wait in the spool. */
  readonly readyOrAway: Promise<true>;
  readonly #ready: Promise<Extract<FromWriter, { kind: 'ready' }>>;
  readonly #writer: Thread<ToWriter, FromWriter>;

  constructor(writer: Thread<ToWriter, FromWriter>) {
    this.#writer = writer;
    const away = writer.next('waiting');
    this.#ready = writer.next('ready');
    this.latest = Promise.race([writer.next('opened').then(({ latest }) => latest), away.then(() => 0)]);
    this.readyOrAway = Promise.race([this.#ready, away]).then(() => true);
    // Whoever waits for one of them hears of a failure, however late.
    for (const each of [away, this.#ready, this.latest, this.readyOrAway]) each.catch(() => {});
    writer.onMessage((message) => this.#hear(message));
  }

  /** Resolves when both threads have begun; `safe` is how far an earlier run had settled. */
  async beginReading(reader: Thread<ToReader, FromReader>): Promise<{ readonly safe: number }> {
    const { node, safe } = await this.#ready;
    reader.onMessage((message) => this.#hear(message));
    reader.post({ kind: 'begin', node });
    await Promise.race([reader.next('ready'), this.#writer.failed]);
    this.waiting = undefined;
    return { safe };
  }

  #hear(message: FromReader | FromWriter): void {
    if (message.kind === 'waiting') this.waiting = message.reason ?? 'starting';
  }
}
