import { hostname } from 'node:os';
import type { Counters } from '../base/counters.ts';
import { reasonOf } from '../base/errors.ts';
import { retry } from '../base/retry.ts';
import type { SecretReference } from '../base/schema.ts';
import { Alerting } from './alerting.ts';
import type { Notifier } from './delivery/notifier.ts';
import type { MailSettings } from './delivery/settings.ts';
import { UnsentMonitor } from './delivery/unsent.ts';
import type { DigestSettings } from './digest/daily.ts';
import type { AlertWorld } from './evaluate/world.ts';
import type { DigestFacts } from './notices/digest-report.ts';
import { MAIL, NOTIFIERS, type NotifierSettings } from './registry.ts';
import type { Rule } from './rules/schemas.ts';
import type { SilentHostsOptions } from './silent-hosts.ts';

/** Longest pause between two attempts to start, ms. */
const RETRY_MS = 10_000;
/** The hourly limit for each recipient if no mail is configured. */
const MAX_PER_HOUR = 20;

/** The part of the configuration that alerts need. */
export type AlertSettings = {
  readonly alerts: readonly Rule[];
  readonly notifiers: readonly NotifierSettings[];
  readonly silence: SilentHostsOptions;
  readonly digest: DigestSettings;
  readonly mail?: MailSettings;
  /** Mails link to the web page if it has an address. */
  readonly web?: { readonly url?: string | undefined };
};

export type AlertParts = {
  readonly world: AlertWorld;
  /** What a digest reports from outside of alerts. */
  readonly facts: DigestFacts;
  /** With ALERT_COUNTERS among them. */
  readonly counters: Counters;
  /** @throws if the secret cannot be read */
  readonly readSecret: (reference: SecretReference) => string;
  readonly version: string;
  /** Identifies this process among all that have the store open. */
  readonly holder: string;
};

/** The hourly limit for each recipient. */
export function maxPerHour({ mail }: Pick<AlertSettings, 'mail'>): number {
  return mail?.max_per_hour ?? MAX_PER_HOUR;
}

/** Judges the rules of the configuration and sends notices, from construction until disposed of. */
export class RunningAlerts implements AsyncDisposable {
  readonly #parts: AlertParts;
  readonly #unsent: UnsentMonitor;
  /** Why it could not start yet; undefined once it has. */
  #failure: string | undefined;
  #running: Promise<AsyncDisposable>;

  constructor(settings: AlertSettings, parts: AlertParts) {
    this.#parts = parts;
    this.#unsent = new UnsentMonitor(parts.counters, parts.world.now);
    this.#running = Promise.resolve(this.#start(settings));
  }

  /**
   * Why notices are not sent, one line each; empty if all is well or another process sends them.
   */
  get degraded(): readonly string[] {
    return this.#failure === undefined ? this.#unsent.lines : [this.#failure, ...this.#unsent.lines];
  }

  /** Continues with other settings; a rule whose name and query stay the same keeps its counts. */
  reload(settings: AlertSettings): void {
    this.#running = this.#running.then(async (old) => {
      await old[Symbol.asyncDispose]();
      return this.#start(settings);
    });
  }

  /** Starts as soon as it can: a secret may not exist yet, or the store may be away. */
  #start(settings: AlertSettings): AsyncDisposable {
    const stop = new AbortController();
    const opening = this.#open(settings, stop.signal);
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await (await opening)?.[Symbol.asyncDispose]();
      },
    };
  }

  async #open(settings: AlertSettings, signal: AbortSignal): Promise<AsyncDisposable | undefined> {
    const { log } = this.#parts.world;
    const onFailure = (error: unknown): void => {
      const failure = `cannot judge rules or send notices: ${reasonOf(error)}`;
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
      // Only the signal ends the retries.
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = await this.#running;
    await running[Symbol.asyncDispose]();
  }
}

async function start(settings: AlertSettings, parts: AlertParts, unsent: UnsentMonitor): Promise<AsyncDisposable> {
  await using notifiers = new AsyncDisposableStack();
  const page = settings.web?.url;
  const mail = settings.mail && notifiers.use(await openMail(settings.mail, parts, page));
  const named = new Map<string, Notifier>();
  for (const one of settings.notifiers) named.set(one.name, notifiers.use(await openNotifier(one, parts, page)));
  const alerting = await Alerting.open({
    world: parts.world,
    rules: settings.alerts,
    silence: settings.silence,
    ...(settings.digest.to.length > 0 && { digest: { ...settings.digest, facts: parts.facts } }),
    notifierOf: (recipient) => (recipient.includes('@') ? mail : named.get(recipient)),
    maxPerHour: maxPerHour(settings),
    onDelivered: (delivered) => unsent.update(delivered),
    holder: parts.holder,
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

async function openMail(settings: MailSettings, { readSecret, version }: AlertParts, page?: string): Promise<Notifier> {
  const password = settings.password && readSecret(settings.password);
  const open = await MAIL.load();
  return open({ settings, version, page, ...(password !== undefined && { password }) });
}

async function openNotifier(
  settings: NotifierSettings,
  { readSecret, version }: AlertParts,
  page?: string,
): Promise<Notifier> {
  const secret = settings.secret && readSecret(settings.secret);
  const open = await NOTIFIERS.find(({ name }) => name === settings.kind)!.load();
  return open({ settings, version, page, server: hostname(), ...(secret !== undefined && { secret }) });
}
