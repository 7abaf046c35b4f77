import type { Stretch } from '../../hosts/contract.ts';
import { DAY, MINUTE } from '../../base/units.ts';
import { post } from '../delivery/outbox.ts';
import type { StoredTemplates } from '../evaluate/templates.ts';
import type { AlertWorld } from '../evaluate/world.ts';
import type { DigestFacts, DigestReport } from '../notices/digest-report.ts';
import { singleIncident } from '../notices/incident.ts';
import { newNotice, type Notice } from '../notices/notice.ts';
import { createSchedule, type Schedule } from '../rules/schedule.ts';
import type { Rule } from '../rules/schemas.ts';
import { gather } from './gather.ts';

/** The rule that digests belong to; it is built in. */
const DIGEST = 'daily-digest';
const STATE = 'digest/state';
const KINDS = 'digest/kinds';
/** After a longer pause, a digest covers only the last days, ms. */
const MOST = 7 * DAY;
/** Informational: anything worse in a digest was already reported when it happened. */
const SEVERITY = 6;

export type DigestSettings = {
  readonly to: readonly string[];
  readonly schedule: string;
  readonly timezone?: string | undefined;
  /** The messages among which new kinds are looked for. */
  readonly query: string;
};

export type DigestOptions = DigestSettings & { readonly facts: DigestFacts };

/** A stored format. */
type State = {
  /** The last tick that had a digest, or when digests were first configured, ms. */
  readonly tick: number;
  /** Notices that are not in the outbox yet. */
  readonly pending: readonly Notice[];
};

/**
 * Sends one digest per scheduled tick, about the time since the last one; exactly once even across
 * restarts.
 */
export class DailyDigest {
  readonly #world: AlertWorld;
  readonly #rules: readonly Rule[];
  readonly #options: DigestOptions;
  readonly #schedule: Schedule;
  readonly #onPosted: () => void;

  /** @param onPosted called after a digest was put into the outbox */
  constructor(world: AlertWorld, rules: readonly Rule[], options: DigestOptions, onPosted: () => void) {
    this.#world = world;
    this.#rules = rules;
    this.#options = options;
    this.#schedule = createSchedule(options.schedule, options.timezone);
    this.#onPosted = onPosted;
  }

  /** Writes the digest that is due; one digest covers all ticks that were missed. */
  async round(): Promise<void> {
    const { state, now, isComplete } = this.#world;
    const entry = await state.get(STATE);
    const known = entry?.value as State | undefined;
    if (!known) {
      await state.put(STATE, { tick: now(), pending: [] } satisfies State, 0);
      return;
    }
    if (known.pending.length > 0) return this.#post(known, entry!.revision);
    const at = this.#schedule.ticks(Math.max(known.tick, now() - MOST), now()).at(-1);
    if (at === undefined || !isComplete(at)) return;
    const window = { from: minuteOf(Math.max(known.tick, at - MOST)), to: at };
    const learned = await state.get(KINDS);
    const { report, kinds } = await this.#gather(window, learned?.value as StoredTemplates | undefined);
    const next: State = {
      tick: at,
      pending: [noticeOf(report, this.#options, { at, foundAt: now(), nextAt: this.#next(at) })],
    };
    if (!(await state.put(STATE, next, entry!.revision))) return;
    // Written last, so that after a crash a kind that was never reported is still new.
    await state.put(KINDS, kinds, learned?.revision ?? 0);
    const written = await state.get(STATE);
    if (written) await this.#post(written.value as State, written.revision);
  }

  /**
   * The digest as it would be now: about the time since the last one, or about the last day if
   * there was none.
   */
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

  async #post(known: State, revision: number): Promise<void> {
    const { state } = this.#world;
    for (const notice of known.pending) await post(state, notice);
    this.#onPosted();
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
  const { window } = digest;
  const id = `${DIGEST}-${new Date(at).toISOString().slice(0, 16).replace(/[T:]/g, '-')}`;
  return newNotice(id, {
    kind: 'digest',
    incident: singleIncident({ id, rule: DIGEST, since: window.from, keys: [], total: digest.lines }, at),
    digest,
    to,
    severity: SEVERITY,
    at,
    foundAt,
    window,
    condition: 'daily',
    query,
    by: [],
    ...(timezone !== undefined && { timezone }),
    ...(nextAt !== undefined && { nextAt }),
  });
}
