import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../base/errors.ts';
import type { StateEntry } from '../store/contract.ts';
import type { AlertWorld, Judge, Notifier, Rule } from './contract.ts';
import { advance, type ReadyRule, readyRule, type RuleState } from './evaluate.ts';
import { HostWatch, type HostWatchOptions } from './host-watch.ts';
import { noticeOf } from './notice.ts';
import { deliver, post } from './outbox.ts';
import { RULES } from './registry.ts';

/** How often it is looked whether a tick is due, ms. */
const ROUND_MS = 1000;
/** Who judges keeps the right to for this long, ms: where it dies, another takes over. */
const LEASE_MS = 20_000;
const LEASE = 'evaluator';

export type AlertingOptions = {
  readonly world: AlertWorld;
  readonly rules: readonly Rule[];
  /** Who is told of hosts that fall silent; absent where nobody keeps a ledger. */
  readonly hosts?: HostWatchOptions;
  readonly notifierOf: (recipient: string) => Notifier | undefined;
  readonly maxPerHour: number;
  /** Names this process among all that have the store open. */
  readonly holder: string;
};

/** Judges rules and sends what there is to tell; at any time in one process of all that have the store open. */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #rules: readonly ReadyRule[];
  readonly #hosts: HostWatch | undefined;
  /** When the outbox is gone through next, ms. */
  #lookAt = 0;

  private constructor(options: AlertingOptions, rules: readonly ReadyRule[]) {
    this.#options = options;
    this.#rules = rules;
    const told = (): void => {
      this.#lookAt = 0;
    };
    this.#hosts = options.hosts && new HostWatch(options.world, options.hosts, told);
  }

  static async open(options: AlertingOptions): Promise<Alerting> {
    const rules = await Promise.all(options.rules.map(async (rule) => readyRule(rule, await judgeOf(rule))));
    return new Alerting(options, rules);
  }

  /** Goes on until the signal says stop. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.round().catch((error: unknown) => {
        this.#options.world.log.error({ reason: reasonOf(error) }, 'alerts could not be judged; trying again');
      });
      await sleep(ROUND_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Judges what is due and sends what is waiting. */
  async round(): Promise<void> {
    const { world, holder } = this.#options;
    if (!(await world.state.lease(LEASE, holder, LEASE_MS))) return;
    for (const rule of this.#rules) await this.#judge(rule);
    await this.#hosts?.round();
    // A week of what was sent lies there, too: it is not read every second.
    if (world.now() >= this.#lookAt) this.#lookAt = await deliver(this.#options);
  }

  async #judge(ready: ReadyRule): Promise<void> {
    const { state } = this.#options.world;
    const key = `rule/${ready.rule.name}`;
    const entry = await state.get(key);
    const known = entry?.value as RuleState | undefined;
    if (known && known.pending.length > 0) return this.#move(key, entry!, known);
    const step = await advance(ready, known, this.#options.world);
    if (!step) return;
    const told = (await this.#isSilenced(ready.rule)) ? [] : step.findings;
    const pending = await Promise.all(told.map((finding) => noticeOf(ready, finding, this.#options.world)));
    const next: RuleState = { ...step.state, pending: [...step.state.pending, ...pending] };
    // Where somebody else was quicker, what is there is judged in the next round.
    if (!(await state.put(key, next, entry?.revision ?? 0))) return;
    const written = await state.get(key);
    if (written && next.pending.length > 0) await this.#move(key, written, written.value as RuleState);
  }

  /** From the rule's own value to the outbox: putting in again what is there changes nothing. */
  async #move(key: string, { revision }: StateEntry, known: RuleState): Promise<void> {
    const { state } = this.#options.world;
    for (const notice of known.pending) await post(state, notice);
    this.#lookAt = 0;
    await state.put(key, { ...known, pending: [] } satisfies RuleState, revision);
  }

  async #isSilenced({ name }: Rule): Promise<boolean> {
    const { state, now } = this.#options.world;
    const entries = await Promise.all([state.get(`silence/${name}`), state.get('mute')]);
    return entries.some((entry) => entry !== undefined && (entry.value as { until: number }).until > now());
  }
}

/** The judge of a rule, loaded with its kind. */
export async function judgeOf(rule: Rule): Promise<Judge> {
  const kind = RULES.find(({ name }) => name === rule.kind)!;
  const open = (await kind.load()) as (rule: Rule) => Judge;
  return open(rule);
}
