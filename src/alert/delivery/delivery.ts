import { reasonOf } from '../../base/errors.ts';
import { fault } from '../../base/fault.ts';
import { backoff } from '../../base/retry.ts';
import type { AlertWorld, Notifier, NoticeKind } from '../contract.ts';
import { type Entry, type Letter, letters, post } from './outbox.ts';
import { Refusal } from './refusal.ts';
import { summaryOf } from './summary.ts';
import type { Ways } from './channels.ts';

/** ms between tries of a letter that was refused for now: from some seconds to a quarter of an hour. */
const FIRST_TRY = 5000;
const LAST_TRY = 900_000;
/** How long what was sent is remembered: nothing is put in a second time. */
const REMEMBERED = 7 * 86_400_000;
/** The outbox is gone through at least this often, ms: a budget may have room again. */
const LOOK_MS = 60_000;
const HOUR = 3_600_000;
/** What is sent however much was sent: one that sums up the rest, and the sign of life. */
const FREE: readonly NoticeKind[] = ['summary', 'digest'];

export type DeliveryOptions = {
  readonly world: AlertWorld;
  readonly notifierOf: (recipient: string) => Notifier | undefined;
  /** Mails an hour to one recipient. */
  readonly maxPerHour: number;
  /** Which ways are closed; kept from one delivery to the next. */
  readonly ways: Ways;
  /** Asked before each letter: whether it is still ours to send. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Letters by key that were taken, ms, and could not be written down: they are not sent a second time. */
  readonly unrecorded: Map<string, number>;
};

export type Delivered = {
  /** When there may be something to do again, ms, unless something is put in before. */
  readonly lookAt: number;
  /** All letters as they are now. */
  readonly letters: readonly Letter[];
  /** What became of those that were tried. */
  readonly counted: Readonly<Record<Outcome, number>>;
};
type Outcome = 'sent' | 'failed' | 'refused';

/**
 * Sends what is due within the budget, the oldest first, each way of telling beside the others: one that hangs holds up
 * none. What was refused is tried again later, unless it was refused for good; where a way is closed, all of it waits.
 */
export async function deliver(options: DeliveryOptions): Promise<Delivered> {
  const entries = (await letters(options.world.state)).sort((a, b) => a.letter.notice.at - b.letter.notice.at);
  return new Delivery(options, entries).run(entries);
}

class Delivery {
  readonly #options: DeliveryOptions;
  /** All letters by key, as they are now. */
  readonly #letters: Map<string, Letter>;
  /** How often each recipient was sent something within the last hour. */
  readonly #sent = new Map<string, number>();
  readonly #counted: Record<Outcome, number> = { sent: 0, failed: 0, refused: 0 };
  #lookAt: number;

  constructor(options: DeliveryOptions, entries: readonly Entry[]) {
    this.#options = options;
    this.#letters = new Map(entries.map(({ key, letter }) => [key, letter]));
    const now = options.world.now();
    this.#lookAt = now + LOOK_MS;
    for (const letter of this.#letters.values()) if (isCounted(letter, now)) this.#count(letter);
  }

  async run(entries: readonly Entry[]): Promise<Delivered> {
    const { notifierOf } = this.#options;
    await this.#forget(entries);
    const waiting = entries.filter(({ letter }) => letter.state === 'waiting');
    const byWay = Map.groupBy(waiting, ({ letter }) => notifierOf(letter.recipient)?.name ?? letter.recipient);
    await Promise.all([...byWay].map(([way, some]) => this.#along(way, some)));
    return { lookAt: this.#lookAt, letters: [...this.#letters.values()], counted: this.#counted };
  }

  /** What was told long ago. */
  async #forget(entries: readonly Entry[]): Promise<void> {
    const { state, now } = this.#options.world;
    for (const { letter, key, revision } of entries) {
      if (letter.state === 'waiting' || now() - (letter.sentAt ?? 0) <= REMEMBERED) continue;
      if (await state.put(key, undefined, revision)) this.#letters.delete(key);
    }
  }

  async #along(way: string, entries: readonly Entry[]): Promise<void> {
    const leave = this.#options.ways.enter(way);
    if (!leave) return;
    try {
      const { maxPerHour, world } = this.#options;
      const held = await this.#walk(way, entries);
      // A summary that is still to be taken will be the last one of the hour.
      const summed = new Set(
        [...this.#letters.values()]
          .filter(({ state, notice }) => state === 'waiting' && notice.kind === 'summary')
          .map(({ recipient }) => recipient),
      );
      const last = held.filter(
        ({ letter: { recipient, tries } }) =>
          tries === 0 && this.#sent.get(recipient) === maxPerHour - 1 && !summed.has(recipient),
      );
      await this.#summarise(last);
      if (last.length > 0) this.#lookAt = world.now();
    } finally {
      leave();
    }
  }

  /** Sends the letters of one way until it turns out to be closed. @returns what is beyond the budget */
  async #walk(way: string, entries: readonly Entry[]): Promise<Entry[]> {
    const { world, maxPerHour, ways, mayGoOn, unrecorded } = this.#options;
    const held: Entry[] = [];
    for (const entry of entries) {
      const { letter, key, revision } = entry;
      const now = world.now();
      const openAt = Math.max(letter.nextAt, ways.openAt(way));
      if (openAt > now) this.#lookAt = Math.min(this.#lookAt, openAt);
      else if ((this.#sent.get(letter.recipient) ?? 0) >= maxPerHour - 1 && !FREE.includes(letter.notice.kind)) {
        held.push(entry);
      } else if (!(await mayGoOn())) {
        this.#lookAt = 0;
        return [];
      } else {
        const next = await this.#send(entry, way);
        this.#letters.set(key, next);
        this.#counted[next.state === 'sent' || next.state === 'refused' ? next.state : 'failed']++;
        await world.state.put(key, next, revision);
        unrecorded.delete(key);
        if (next.state === 'waiting') this.#lookAt = Math.min(this.#lookAt, next.nextAt);
      }
    }
    return held;
  }

  /** @returns the letter as it is afterwards */
  async #send({ letter, key }: Entry, way: string): Promise<Letter> {
    const { world, ways, unrecorded } = this.#options;
    const { notice, recipient } = letter;
    const { failure: _, ...rest } = letter;
    try {
      if (!unrecorded.has(key)) await this.#tell(letter);
      const sentAt = unrecorded.get(key) ?? world.now();
      unrecorded.set(key, sentAt);
      this.#count(letter);
      if (ways.worked(way) > 0) world.log.info({ way }, `${recipient} can be told again`);
      return { ...rest, state: 'sent', sentAt };
    } catch (error) {
      const tries = letter.tries + 1;
      const failure = reasonOf(error);
      const now = world.now();
      const isFinal = error instanceof Refusal && error.permanent;
      const nextAt = error instanceof Refusal ? now + backoff(tries, FIRST_TRY, LAST_TRY) : ways.failed(way, now);
      if (tries === 1 || isFinal) {
        const next = isFinal ? 'it is not tried again before cordwood alert retry' : 'trying again';
        world.log.error({ recipient, rule: notice.rule }, `cannot tell ${recipient}: ${failure}; ${next}`);
      }
      return isFinal
        ? { ...letter, state: 'refused', tries, failure, sentAt: now }
        : { ...letter, tries, failure, nextAt };
    }
  }

  async #tell({ notice, recipient }: Letter): Promise<void> {
    const notifier = this.#options.notifierOf(recipient);
    if (!notifier) {
      const why = recipient.includes('@') ? 'has no mail:' : 'names no such notifier under notifiers:';
      throw new Error(`nothing leads there: the configuration ${why}`);
    }
    fault('sending');
    await notifier.send(notice, recipient);
    fault('sent');
  }

  /** When the first of the hour's mails to a recipient is an hour old, ms. */
  #roomAt(recipient: string): number {
    const { now } = this.#options.world;
    const own = [...this.#letters.values()].filter(
      (letter) => letter.recipient === recipient && isCounted(letter, now()),
    );
    return Math.min(now(), ...own.map(({ sentAt }) => sentAt!)) + HOUR;
  }

  /** A digest takes the place of none that is about an incident. */
  #count({ recipient, notice }: Letter): void {
    if (notice.kind === 'digest') return;
    this.#sent.set(recipient, (this.#sent.get(recipient) ?? 0) + 1);
  }

  /**
   * The last mail of an hour's budget tells of all that would go beyond it. The summary is put in before what it stands
   * for is taken out: a crash in between tells of something twice, never of nothing.
   */
  async #summarise(held: readonly Entry[]): Promise<void> {
    const { state, now } = this.#options.world;
    for (const [recipient, entries] of Map.groupBy(held, ({ letter }) => letter.recipient)) {
      const notices = entries.map(({ letter }) => letter.notice);
      await post(state, summaryOf(notices, recipient, { at: now(), nextAt: this.#roomAt(recipient) }));
      for (const { letter, key, revision } of entries) {
        const next: Letter = { ...letter, state: 'summarised', sentAt: now() };
        this.#letters.set(key, next);
        await state.put(key, next, revision);
      }
    }
  }
}

/** Whether a letter takes a place in the budget of the hour. */
function isCounted({ state, sentAt, notice }: Letter, now: number): boolean {
  return state === 'sent' && sentAt !== undefined && now - sentAt < HOUR && notice.kind !== 'digest';
}
