import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { fault } from '../base/fault.ts';
import { type FailureReports, Poller, RepeatedWork } from '../base/poller.ts';
import { HOUR } from '../base/units.ts';
import { Lease } from '../cluster/index.ts';
import { HostLedgerKeeper } from '../hosts/index.ts';
import type { StateEntry } from '../store/contract.ts';
import { Channels } from './delivery/channels.ts';
import { deliver, type Delivered, type DeliveryOptions } from './delivery/deliver.ts';
import { post } from './delivery/outbox.ts';
import { isSilenced } from './delivery/silencing.ts';
import { DailyDigest, type DigestOptions } from './digest/daily.ts';
import { advance, readyRule } from './evaluate/evaluate.ts';
import { noticeOf } from './evaluate/rule-notice.ts';
import { ruleKey, type RuleState } from './evaluate/rule-state.ts';
import type { ReadyRule } from './evaluate/window.ts';
import type { AlertWorld } from './evaluate/world.ts';
import { judgeOf } from './registry.ts';
import type { Rule } from './rules/schemas.ts';
import { AwayRelays } from './away-relays.ts';
import { SilentHosts, type SilentHostsOptions } from './silent-hosts.ts';

/** How often rules are checked for a due tick, ms. */
const ROUND_MS = 1000;
/** How far ahead the next tick of a rule is computed, ms. */
const HORIZON_MS = HOUR;
/** How long to wait for notices that are being sent before other channels are served, ms. */
const PATIENCE_MS = 1000;
/**
 * How long a stop waits for a mail that is being sent, ms: if it is cut off, it will be sent twice.
 */
const LAST_MAIL_MS = 3000;

export type AlertingOptions = Pick<DeliveryOptions, 'notifierOf' | 'maxPerHour'> & {
  readonly world: AlertWorld;
  readonly rules: readonly Rule[];
  /** Recipients of notices about silent hosts; absent if the host ledger is not kept here. */
  readonly silence?: SilentHostsOptions;
  /** Absent if no digest is sent. */
  readonly digest?: DigestOptions;
  /** Called after each delivery run, and with undefined if another process sends. */
  readonly onDelivered?: (delivered: Delivered | undefined) => void;
  /** Identifies this process among all that have the store open. */
  readonly holder: string;
  /** Monotonic clock, ms from any beginning: only for tests. */
  readonly elapsed?: Clock;
  /** How long a round waits for notices that are being sent, ms: only for tests. */
  readonly patience?: number;
};

/**
 * Judges rules and sends notices; of all processes that have the store open, one does so at a time.
 */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #rules: readonly ReadyRule[];
  readonly #hosts: HostLedgerKeeper | undefined;
  readonly #digest: DailyDigest | undefined;
  readonly #lease: Lease;
  /** When the next tick of each rule is, ms, as far as it has been computed. */
  readonly #dueAt = new Map<string, number>();
  /** The term of the lease in which the cached state was read. */
  #term = 0;
  /** Steps of a round by what they do; each logs its own failure once. */
  readonly #attempts = new Map<string, RepeatedWork>();
  /** Deliveries by key that were accepted (ms) but could not be recorded yet. */
  readonly #unrecorded = new Map<string, number>();
  readonly #channels = new Channels();
  /** Runs in progress: one that hangs does not keep the next from serving other channels. */
  readonly #delivering = new Set<Promise<void>>();
  /** When the outbox is read next, ms. */
  #lookAt = 0;

  private constructor(options: AlertingOptions, rules: readonly ReadyRule[]) {
    const { world, silence, digest } = options;
    this.#options = options;
    this.#rules = rules;
    this.#lease = new Lease(world.state, options.holder, options.elapsed);
    const onPosted = (): void => {
      this.#lookAt = 0;
    };
    if (silence) {
      const silentHosts = new SilentHosts(world, silence, onPosted);
      const awayRelays = new AwayRelays(world, silence, onPosted);
      this.#hosts = new HostLedgerKeeper(world, async (...found) => {
        await awayRelays.judge(...found);
        await silentHosts.judge(...found);
      });
    }
    this.#digest = digest && new DailyDigest(world, options.rules, digest, onPosted);
  }

  static async open(options: AlertingOptions): Promise<Alerting> {
    const rules = await Promise.all(options.rules.map(async (rule) => readyRule(rule, await judgeOf(rule))));
    return new Alerting(options, rules);
  }

  /** Runs until the signal aborts. A slow mail server delays no judgement. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const poll = (what: string, work: () => Promise<void>): Poller =>
      new Poller({ work, everyMs: ROUND_MS, immediately: true, ...this.#reports(what) });
    const pollers = [
      poll('judge rules', () => this.#judgeAll()),
      poll('write the digest', () => this.#writeDigest()),
      poll('send notices', () => this.#deliver(signal)),
    ];
    await once(signal, 'abort');
    await Promise.all(pollers.map((poller) => poller[Symbol.asyncDispose]()));
    await this.#delivered(LAST_MAIL_MS).catch(() => {});
    await this.#attempt('release the lease of alerts', () => this.#lease.release());
  }

  /** Judges what is due and sends what is waiting. @throws what the store throws */
  async round(): Promise<void> {
    await this.#judgeAll();
    await this.#writeDigest();
    await this.#deliver();
  }

  /** Runs beside the judging, because it asks much of the store. */
  async #writeDigest(): Promise<void> {
    if (this.#digest && (await this.#lease.holds())) await this.#digest.round();
  }

  /** A rule that cannot be judged does not keep the others from being judged. */
  async #judgeAll(): Promise<void> {
    if (!(await this.#lease.holds())) return this.#options.onDelivered?.(undefined);
    if (this.#term !== this.#lease.term) {
      this.#term = this.#lease.term;
      this.#hosts?.forget();
      this.#dueAt.clear();
      this.#lookAt = 0;
    }
    for (const ready of this.#rules) {
      if (!(await this.#lease.holds())) return;
      await this.#attempt(`judge the rule ${ready.rule.name}`, () => this.#judge(ready));
    }
    const hosts = this.#hosts;
    if (hosts && (await this.#lease.holds())) await this.#attempt('update the host ledger', () => hosts.round());
  }

  /**
   * Sends what is due. The outbox also holds what was sent in the last week, so it is not read
   * every second.
   */
  async #deliver(signal?: AbortSignal): Promise<void> {
    const { world, patience = PATIENCE_MS } = this.#options;
    const mayGoOn = async (): Promise<boolean> => !signal?.aborted && (await this.#lease.holds());
    if (world.now() >= this.#lookAt && (await mayGoOn())) {
      const delivering = this.#runDelivery(mayGoOn);
      this.#delivering.add(delivering);
      const over = (): boolean => this.#delivering.delete(delivering);
      void delivering.then(over, over);
    }
    await this.#delivered(patience);
  }

  async #runDelivery(mayGoOn: () => Promise<boolean>): Promise<void> {
    this.#lookAt = Infinity;
    let lookAt = 0;
    try {
      const remembered = { channels: this.#channels, unrecorded: this.#unrecorded };
      const delivered = await deliver({ ...this.#options, ...remembered, mayGoOn });
      ({ lookAt } = delivered);
      this.#options.onDelivered?.(delivered);
    } finally {
      this.#lookAt = Math.min(this.#lookAt, lookAt);
    }
  }

  /** Waits for the runs in progress, at most `patience` ms. @throws what the store throws */
  async #delivered(patience: number): Promise<void> {
    if (this.#delivering.size === 0) return;
    const enough = new AbortController();
    const wait = sleep(patience, undefined, { signal: enough.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#delivering), wait]).finally(() => enough.abort());
  }

  /**
   * Runs a step whose failure must not stop the others; logs when it begins to fail and when it
   * works again.
   */
  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    let attempts = this.#attempts.get(what);
    if (!attempts) {
      attempts = new RepeatedWork(this.#reports(what));
      this.#attempts.set(what, attempts);
    }
    await attempts.run(work);
  }

  #reports(what: string): FailureReports {
    const { log } = this.#options.world;
    return {
      onFailure: (reason) => log.error(`cannot ${what}: ${reason}; trying again`),
      onRecovery: () => log.info(`can ${what} again`),
    };
  }

  async #judge(ready: ReadyRule): Promise<void> {
    const { state, now } = this.#options.world;
    const { name } = ready.rule;
    if (now() < (this.#dueAt.get(name) ?? 0)) return;
    const key = ruleKey(name);
    const entry = await state.get(key);
    const known = entry?.value as RuleState | undefined;
    if (known && known.pending.length > 0) return this.#postPending(entry!, known);
    const step = await advance(ready, known, this.#options.world);
    if (!step) return this.#rest(ready, known);
    const findings = (await isSilenced(this.#options.world, name)) ? [] : step.findings;
    const pending = await Promise.all(findings.map((finding) => noticeOf(ready, finding, this.#options.world)));
    const next: RuleState = { ...step.state, pending: [...step.state.pending, ...pending] };
    if (pending.length > 0) fault('judged');
    // If another process was faster, its result is used in the next round.
    if (!(await state.put(key, next, entry?.revision ?? 0))) return;
    const written = await state.get(key);
    if (written && next.pending.length > 0) await this.#postPending(written, written.value as RuleState);
  }

  /**
   * Moves notices from the rule's state to the outbox; repeating it after a crash changes nothing.
   */
  async #postPending({ key, revision }: StateEntry, known: RuleState): Promise<void> {
    const { state } = this.#options.world;
    fault('noted');
    for (const notice of known.pending) await post(state, notice);
    fault('posted');
    this.#lookAt = 0;
    await state.put(key, { ...known, pending: [] } satisfies RuleState, revision);
  }

  /** Computes the next tick once, so that rounds before it do not look at the schedule. */
  #rest({ rule, schedule }: ReadyRule, known: RuleState | undefined): void {
    if (!known) return;
    const horizon = this.#options.world.now() + HORIZON_MS;
    const [next = horizon] = schedule.ticks(known.tick, horizon, 1);
    this.#dueAt.set(rule.name, next);
  }
}
