import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { fault } from '../base/fault.ts';
import { type FailureReports, Poller, RepeatedWork } from '../base/poller.ts';
import type { StateEntry } from '../store/contract.ts';
import type { Judge, Rule } from './contract.ts';
import { deliver, type Delivered, type DeliveryOptions } from './delivery/delivery.ts';
import { advance, readyRule, type RuleState } from './evaluate/evaluate.ts';
import { DailyDigest, type DigestOptions } from './digest/daily.ts';
import { HostWatch, type HostWatchOptions } from '../hosts/host-watch.ts';
import { noticeOf } from './notice.ts';
import { post } from './delivery/outbox.ts';
import { RULES } from './registry.ts';
import { isSilenced } from './delivery/silenced.ts';
import { Lease } from '../cluster/index.ts';
import { Ways } from './delivery/channels.ts';
import type { ReadyRule } from './evaluate/window.ts';

/** How often it is looked whether a tick is due, ms. */
const ROUND_MS = 1000;
/** How far ahead the next tick of a rule is looked for, ms. */
const HORIZON_MS = 3_600_000;
/** How long we wait for what is being sent before we look at the outbox again, for the sake of other ways, ms. */
const PATIENCE_MS = 1000;
/** How long the end waits for a mail that is being sent, ms: cut off, it would come twice. */
const LAST_MAIL_MS = 3000;

export type AlertingOptions = Pick<DeliveryOptions, 'world' | 'notifierOf' | 'maxPerHour'> & {
  readonly rules: readonly Rule[];
  /** Who is told of hosts that fall silent; absent where nobody keeps a ledger. */
  readonly hosts?: HostWatchOptions;
  /** Who is told daily that all is well, or what is not; absent where nobody is. */
  readonly digest?: DigestOptions;
  /** Told after each delivery, and with nothing where another process sends. */
  readonly onDelivered?: (delivered: Delivered | undefined) => void;
  /** Names this process among all that have the store open. */
  readonly holder: string;
  /** ms that pass, from any beginning: only in tests. */
  readonly elapsed?: Clock;
  /** How long a round waits for what is being sent, ms: only in tests. */
  readonly patience?: number;
};

/** Judges rules and sends what there is to tell; at any time in one process of all that have the store open. */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #rules: readonly ReadyRule[];
  readonly #hosts: HostWatch | undefined;
  readonly #digest: DailyDigest | undefined;
  readonly #lease: Lease;
  /** When each rule's next tick is, ms, as far as we have looked. */
  readonly #dueAt = new Map<string, number>();
  /** The term that what we remember is of. */
  #term = 0;
  /** The steps of a round by what they do: each logs its own failure once. */
  readonly #attempts = new Map<string, RepeatedWork>();
  /** What was taken by the other side and could not be written down since: letters by key, ms. */
  readonly #unrecorded = new Map<string, number>();
  readonly #ways = new Ways();
  /** One that hangs does not keep the next from serving the other ways. */
  readonly #delivering = new Set<Promise<void>>();
  /** When the outbox is gone through next, ms. */
  #lookAt = 0;

  private constructor(options: AlertingOptions, rules: readonly ReadyRule[]) {
    this.#options = options;
    this.#rules = rules;
    this.#lease = new Lease(options.world.state, options.holder, options.elapsed);
    const told = (): void => {
      this.#lookAt = 0;
    };
    this.#hosts = options.hosts && new HostWatch(options.world, options.hosts, told);
    const { digest } = options;
    this.#digest = digest && new DailyDigest(options.world, options.rules, digest, told);
  }

  static async open(options: AlertingOptions): Promise<Alerting> {
    const rules = await Promise.all(options.rules.map(async (rule) => readyRule(rule, await judgeOf(rule))));
    return new Alerting(options, rules);
  }

  /** Goes on until the signal says stop. A mail server that lets us wait keeps nobody from judging. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const poll = (what: string, work: () => Promise<void>): Poller =>
      new Poller({ work, everyMs: ROUND_MS, immediately: true, ...this.#reports(what) });
    const pollers = [
      poll('judge the alerts', () => this.#judgeAll()),
      poll('write the digest', () => this.#writeDigest()),
      poll('send what there is to tell', () => this.#deliver(signal)),
    ];
    await once(signal, 'abort');
    await Promise.all(pollers.map((poller) => poller[Symbol.asyncDispose]()));
    await this.#delivered(LAST_MAIL_MS).catch(() => {});
    await this.#attempt('hand over the alerts', () => this.#lease.release());
  }

  /** Judges what is due and sends what is waiting. @throws what the store throws */
  async round(): Promise<void> {
    await this.#judgeAll();
    await this.#writeDigest();
    await this.#deliver();
  }

  /** Beside the judging: it asks much of the store. */
  async #writeDigest(): Promise<void> {
    if (this.#digest && (await this.#lease.holds())) await this.#digest.round();
  }

  /** A rule that cannot be judged stands in the way of none of the others. */
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
    if (this.#hosts && (await this.#lease.holds())) await this.#attempt('watch the hosts', () => this.#hosts!.round());
  }

  /** Sends what is due, while we may. A week of what was sent lies there, too: it is not read every second. */
  async #deliver(signal?: AbortSignal): Promise<void> {
    const { world, patience = PATIENCE_MS } = this.#options;
    const mayGoOn = async (): Promise<boolean> => !signal?.aborted && (await this.#lease.holds());
    if (world.now() >= this.#lookAt && (await mayGoOn())) {
      const delivering = this.#goThrough(mayGoOn);
      this.#delivering.add(delivering);
      const over = (): boolean => this.#delivering.delete(delivering);
      void delivering.then(over, over);
    }
    await this.#delivered(patience);
  }

  async #goThrough(mayGoOn: () => Promise<boolean>): Promise<void> {
    this.#lookAt = Infinity;
    let lookAt = 0;
    try {
      const remembered = { ways: this.#ways, unrecorded: this.#unrecorded };
      const delivered = await deliver({ ...this.#options, ...remembered, mayGoOn });
      ({ lookAt } = delivered);
      this.#options.onDelivered?.(delivered);
    } finally {
      this.#lookAt = Math.min(this.#lookAt, lookAt);
    }
  }

  /** Waits for what is being sent, but not for longer than so many ms. @throws what the store throws */
  async #delivered(patience: number): Promise<void> {
    if (this.#delivering.size === 0) return;
    const enough = new AbortController();
    const wait = sleep(patience, undefined, { signal: enough.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#delivering), wait]).finally(() => enough.abort());
  }

  /** Runs a step whose failure must not stop the others; logs when it begins to fail and when it works again. */
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
    const key = `rule/${name}`;
    const entry = await state.get(key);
    const known = entry?.value as RuleState | undefined;
    if (known && known.pending.length > 0) return this.#move(key, entry!, known);
    const step = await advance(ready, known, this.#options.world);
    if (!step) return this.#rest(ready, known);
    const told = (await isSilenced(this.#options.world, name)) ? [] : step.findings;
    const pending = await Promise.all(told.map((finding) => noticeOf(ready, finding, this.#options.world)));
    const next: RuleState = { ...step.state, pending: [...step.state.pending, ...pending] };
    if (pending.length > 0) fault('judged');
    // Where somebody else was quicker, what is there is judged in the next round.
    if (!(await state.put(key, next, entry?.revision ?? 0))) return;
    const written = await state.get(key);
    if (written && next.pending.length > 0) await this.#move(key, written, written.value as RuleState);
  }

  /** From the rule's own value to the outbox: putting in again what is there changes nothing. */
  async #move(key: string, { revision }: StateEntry, known: RuleState): Promise<void> {
    const { state } = this.#options.world;
    fault('noted');
    for (const notice of known.pending) await post(state, notice);
    fault('posted');
    this.#lookAt = 0;
    await state.put(key, { ...known, pending: [] } satisfies RuleState, revision);
  }

  /** Looks no further into the calendar each second than up to the next tick. */
  #rest({ rule, schedule }: ReadyRule, known: RuleState | undefined): void {
    if (!known) return;
    const horizon = this.#options.world.now() + HORIZON_MS;
    const [next = horizon] = schedule.ticks(known.tick, horizon, 1);
    this.#dueAt.set(rule.name, next);
  }
}

/** The judge of a rule, loaded with its kind. */
export async function judgeOf(rule: Rule): Promise<Judge> {
  const kind = RULES.find(({ name }) => name === rule.kind)!;
  const open = (await kind.load()) as (rule: Rule) => Judge;
  return open(rule);
}
