import { hostname } from 'node:os';
import type { Coverage } from '../account/contract.ts';
import type { Clock } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { retry } from '../base/retry.ts';
import { Alerting, createDesk, type DigestFacts, listenedThrough } from '../alert/index.ts';
import { loadMail, NOTIFIERS } from '../alert/registry.ts';
import type { AlertDesk, AlertWorld, Notifier } from '../alert/contract.ts';
import { readSecret, type Settings } from '../config/index.ts';
import { HOST_ZONES } from '../hosts/contract.ts';
import type { StoreReader } from '../store/contract.ts';
import { hostZonesOf } from '../hosts/host-zones.ts';
import { memoryState } from '../store/index.ts';
import { Watermark } from '../cluster/index.ts';
import { configuredZones, stampZoneOf } from '../ingest/index.ts';
import { Unsent } from '../alert/delivery/unsent.ts';

/** The namespace of the store's state that alerts keep everything in. */
export const ALERT_STATE = 'alert';
/** No silence is told from further back than this, ms. */
const REMEMBERED = 31 * 86_400_000;
/** Between two tries to begin at most, ms. */
const RETRY_MS = 10_000;
/** Where no mail is configured, nobody is told more often than this. */
const MAX_PER_HOUR = 20;

export type AlertingParts = {
  readonly store: StoreReader;
  readonly visible: () => readonly string[];
  /** The number of this process's node. */
  readonly node: number;
  /** When we were listening. */
  readonly coverage: Pick<Coverage, 'coveredWithin' | 'listeners'>;
  readonly now: Clock;
  readonly version: string;
  /** What a digest tells beside alerts. */
  readonly facts: DigestFacts;
  /** With ALERT_COUNTERS among them. */
  readonly counters: Counters;
  readonly log: Logger;
};

/** What the desk needs. */
export type DeskParts = Pick<AlertingParts, 'store' | 'visible' | 'coverage' | 'now' | 'facts' | 'log'>;

/** Judges the rules of the settings in this thread until it is disposed of; nothing where there are none. */
export class Alerts implements AsyncDisposable {
  readonly #parts: AlertingParts;
  readonly #unsent = new Unsent();
  /** Why it could not begin; undefined once it has. */
  #failure: string | undefined;
  #running: Promise<AsyncDisposable>;

  constructor(settings: Settings, parts: AlertingParts) {
    this.#parts = parts;
    this.#running = Promise.resolve(this.#start(settings));
  }

  /** What people are not told though they should be, and why; empty where all is well, or another process tells them. */
  get degraded(): readonly string[] {
    return this.#failure === undefined ? this.#unsent.lines : [this.#failure, ...this.#unsent.lines];
  }

  /** Goes on with other rules; what a rule of the same name and query has counted is kept. */
  reload(settings: Settings): void {
    this.#running = this.#running.then(async (old) => {
      await old[Symbol.asyncDispose]();
      return this.#start(settings);
    });
  }

  /** Begins as soon as it can: a secret may not be there yet, or a store be away. */
  #start(settings: Settings): AsyncDisposable {
    const stop = new AbortController();
    const opening = this.#open(settings, stop.signal);
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await (await opening)?.[Symbol.asyncDispose]();
      },
    };
  }

  async #open(settings: Settings, signal: AbortSignal): Promise<AsyncDisposable | undefined> {
    const { log } = this.#parts;
    const onFailure = (error: unknown): void => {
      const failure = `no rule is judged, and nobody is told: ${reasonOf(error)}`;
      if (failure !== this.#failure) log.error(`${failure}; trying again`);
      this.#failure = failure;
    };
    try {
      const options = { signal, firstMs: RETRY_MS, maxMs: RETRY_MS, onFailure };
      const open = await retry(() => start(settings, this.#parts, this.#unsent), options);
      if (this.#failure !== undefined) log.info('rules are judged again');
      this.#failure = undefined;
      return open;
    } catch {
      // Nothing but the signal ends it.
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = await this.#running;
    await running[Symbol.asyncDispose]();
  }
}

async function start(settings: Settings, parts: AlertingParts, unsent: Unsent): Promise<AsyncDisposable> {
  await using notifiers = new AsyncDisposableStack();
  const mail = settings.mail && notifiers.use(await mailerOf(settings.mail, parts));
  const named = new Map<string, Notifier>();
  for (const one of settings.notifiers) named.set(one.name, notifiers.use(await hookOf(one, parts)));
  const alerting = await Alerting.open({
    world: worldOf(() => settings, parts),
    rules: settings.alerts,
    hosts: settings.silence,
    ...(settings.digest.to.length > 0 && { digest: { ...settings.digest, facts: parts.facts } }),
    notifierOf: (recipient) => (recipient.includes('@') ? mail : named.get(recipient)),
    maxPerHour: settings.mail?.max_per_hour ?? MAX_PER_HOUR,
    // One process at a time is a node: after a restart the turn is still its own.
    onDelivered: (delivered) => unsent.see(delivered, parts),
    holder: `node-${parts.node}`,
  });
  const stop = new AbortController();
  const running = alerting.run(stop.signal);
  const open = notifiers.move();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await open.disposeAsync();
    },
  };
}

async function mailerOf(settings: NonNullable<Settings['mail']>, { version }: AlertingParts): Promise<Notifier> {
  const password = settings.password && readSecret(settings.password, process.env);
  const openMail = await loadMail();
  return openMail({ settings, version, ...(password !== undefined && { password }) });
}

async function hookOf(settings: Settings['notifiers'][number], { version }: AlertingParts): Promise<Notifier> {
  const secret = settings.secret && readSecret(settings.secret, process.env);
  const open = await NOTIFIERS.find(({ name }) => name === settings.kind)!.load();
  return open({ settings, version, server: hostname(), ...(secret !== undefined && { secret }) });
}

function worldOf(settings: () => Settings, { store, visible, coverage, now, log }: DeskParts): AlertWorld {
  const picker = once(settings, stampZoneOf);
  const watermark = new Watermark();
  return {
    store,
    state: store.state(ALERT_STATE),
    now,
    visible,
    reached: (at) => watermark.passed(at, visible(), now()),
    ...listeningBy(coverage),
    zones: {
      of: (sender) => picker()(sender),
      named: () => configuredZones(settings()),
      hosts: hostZonesOf(store.state(HOST_ZONES), now),
    },
    log,
  };
}

/** When we listened, as rules and the ledger ask it. */
export function listeningBy(
  coverage: Pick<Coverage, 'coveredWithin' | 'listeners'>,
): Pick<AlertWorld, 'covered' | 'listened'> {
  return {
    covered: async (from, to) => listenedThrough(await coverage.coveredWithin(from, to), from, to),
    listened: async (at) => ({
      stretches: await coverage.coveredWithin(at - REMEMBERED, at),
      open: await coverage.listeners(),
    }),
  };
}

/** What is made of a value, made anew only where the value is another one. */
function once<From, To>(value: () => From, make: (from: From) => To): () => To {
  let last: { readonly from: From; readonly to: To } | undefined;
  return () => {
    const from = value();
    if (last?.from !== from) last = { from, to: make(from) };
    return last.to;
  };
}

/** What operators ask about the alerts of the settings, beside a running server or where none runs. */
export function deskOf(settings: () => Settings, parts: DeskParts): AlertDesk {
  return createDesk({
    world: worldOf(settings, parts),
    rules: () => settings().alerts,
    maxPerHour: () => settings().mail?.max_per_hour ?? MAX_PER_HOUR,
    digest: () => ({ ...settings().digest, facts: parts.facts }),
    scratch: () => memoryState(parts.now),
  });
}
