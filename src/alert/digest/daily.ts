import { randomBytes } from 'node:crypto';
import { MINUTE } from '../evaluate/buckets.ts';
import type { AlertWorld, Incident, Notice, Rule } from '../contract.ts';
import { post } from '../delivery/outbox.ts';
import { createSchedule, type Schedule } from '../evaluate/schedule.ts';
import type { StoredTemplates } from '../evaluate/templates.ts';
import { gather } from './gather.ts';
import type { DigestFacts, DigestReport, Stretch } from './report.ts';

/** The rule that digests are told as. */
export const DIGEST = 'daily-digest';
const STATE = 'digest/state';
const KINDS = 'digest/kinds';
const DAY = 86_400_000;
/** After a longer time that nobody was there, it tells of the last days only, ms. */
const MOST = 7 * DAY;
/** Calm: nothing in a digest is worse than what was told of at its time. */
const SEVERITY = 6;

export type DigestSettings = {
  readonly to: readonly string[];
  readonly schedule: string;
  readonly timezone?: string | undefined;
  /** Among which messages new kinds are looked for. */
  readonly query: string;
};

export type DigestOptions = DigestSettings & { readonly facts: DigestFacts };

type State = {
  /** The last tick that there was a digest for, or when it began to be wanted, ms. */
  readonly tick: number;
  /** What is not in the outbox yet. */
  readonly pending: readonly Notice[];
};

/** Tells once at each tick of its schedule what the time since the last one was like, whoever was killed in between. */
export class DailyDigest {
  readonly #world: AlertWorld;
  readonly #rules: readonly Rule[];
  readonly #options: DigestOptions;
  readonly #schedule: Schedule;
  readonly #told: () => void;

  /** @param told called when something was put into the outbox */
  constructor(world: AlertWorld, rules: readonly Rule[], options: DigestOptions, told: () => void) {
    this.#world = world;
    this.#rules = rules;
    this.#options = options;
    this.#schedule = createSchedule(options.schedule, options.timezone);
    this.#told = told;
  }

  /** Writes the digest that is due, one for all ticks that were missed. */
  async round(): Promise<void> {
    const { state, now, reached } = this.#world;
    const entry = await state.get(STATE);
    const known = entry?.value as State | undefined;
    if (!known) {
      await state.put(STATE, { tick: now(), pending: [] } satisfies State, 0);
      return;
    }
    if (known.pending.length > 0) return this.#tell(known, entry!.revision);
    const at = this.#schedule.ticks(Math.max(known.tick, now() - MOST), now()).at(-1);
    if (at === undefined || !reached(at)) return;
    const window = { from: minuteOf(Math.max(known.tick, at - MOST)), to: at };
    const learned = await state.get(KINDS);
    const { report, kinds } = await this.#gather(window, learned?.value as StoredTemplates | undefined);
    const next: State = {
      tick: at,
      pending: [noticeOf(report, this.#options, { at, foundAt: now(), nextAt: this.#next(at) })],
    };
    if (!(await state.put(STATE, next, entry!.revision))) return;
    // After it, so that a kind that nobody was told of is still new.
    await state.put(KINDS, kinds, learned?.revision ?? 0);
    const written = await state.get(STATE);
    if (written) await this.#tell(written.value as State, written.revision);
  }

  /** What it would tell now of the time since the last one, or of the last day where there was none. */
  async draft(): Promise<Notice> {
    const { state, now } = this.#world;
    const at = now();
    const known = (await state.get(STATE))?.value as State | undefined;
    const learned = (await state.get(KINDS))?.value as StoredTemplates | undefined;
    const from = known && at - known.tick >= MINUTE ? Math.max(known.tick, at - MOST) : at - DAY;
    const { report } = await this.#gather({ from: minuteOf(from), to: at }, learned);
    return noticeOf(report, this.#options, { at, foundAt: at, nextAt: this.#next(at) });
  }

  #gather(window: Stretch, known: StoredTemplates | undefined) {
    const { facts, query } = this.#options;
    return gather({ world: this.#world, rules: this.#rules, facts, query, known, window });
  }

  #next(at: number): number | undefined {
    return this.#schedule.ticks(at, at + 8 * DAY, 1)[0];
  }

  async #tell(known: State, revision: number): Promise<void> {
    const { state } = this.#world;
    for (const notice of known.pending) await post(state, notice);
    this.#told();
    await state.put(STATE, { ...known, pending: [] } satisfies State, revision);
  }
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE) * MINUTE;
}

type Times = { readonly at: number; readonly foundAt: number; readonly nextAt: number | undefined };

function noticeOf(
  digest: DigestReport,
  { to, timezone, query }: DigestSettings,
  { at, foundAt, nextAt }: Times,
): Notice {
  const id = `${DIGEST}-${new Date(at).toISOString().slice(0, 16).replace(/[T:]/g, '-')}`;
  const incident: Incident = {
    ...{ id, rule: DIGEST, since: digest.window.from, openedAt: at, lastAt: at, state: 'open', keys: [] },
    ...{ total: digest.lines, notices: 1, noticedAt: at },
  };
  return {
    ...{ id: `${id}.${randomBytes(6).toString('hex')}`, kind: 'digest', rule: DIGEST, incident, digest, to },
    ...{ severity: SEVERITY, at, foundAt, window: digest.window, condition: 'daily', query, by: [] },
    ...{ samples: [], context: [], late: 0 },
    ...(timezone !== undefined && { timezone }),
    ...(nextAt !== undefined && { nextAt }),
  };
}
