import type { Clock } from '../../base/clock.ts';
import { reasonOf } from '../../base/errors.ts';
import { fault } from '../../base/fault.ts';
import type { Logger } from '../../base/log.ts';
import { backoff } from '../../base/retry.ts';
import { HOUR, MINUTE, SECOND } from '../../base/units.ts';
import type { StoreState } from '../../store/contract.ts';
import type { NoticeKind } from '../notices/notice.ts';
import type { Channels } from './channels.ts';
import type { Notifier } from './notifier.ts';
import { type Delivery, type Entry, entries, KEPT_MS, post } from './outbox.ts';
import { Refusal } from './refusal.ts';
import { summaryOf } from './summary.ts';

/** ms between attempts of a delivery that was refused for now. */
const FIRST_TRY = 5 * SECOND;
const LAST_TRY = 15 * MINUTE;
/** The outbox is read at least this often, ms: the hourly limit may allow more by then. */
const LOOK_MS = MINUTE;
/**
 * Kinds that are sent even if the hourly limit is reached: a summary of the rest, and the daily
 * digest.
 */
const UNLIMITED: readonly NoticeKind[] = ['summary', 'digest'];

export type DeliveryOptions = {
  readonly world: { readonly state: StoreState; readonly now: Clock; readonly log: Logger };
  readonly notifierOf: (recipient: string) => Notifier | undefined;
  /** Notices an hour to one recipient. */
  readonly maxPerHour: number;
  /** Which channels are closed; kept from one run to the next. */
  readonly channels: Channels;
  /** Asked before each delivery: whether this process may still send. */
  readonly mayGoOn: () => Promise<boolean>;
  /**
   * Deliveries by key that were accepted (ms) but could not be recorded: they are not sent again.
   */
  readonly unrecorded: Map<string, number>;
};

export type Delivered = {
  /** When the next run is needed, ms, unless something is put into the outbox before. */
  readonly lookAt: number;
  /** Everything in the outbox as it is now. */
  readonly deliveries: readonly Delivery[];
  /** Outcomes of the deliveries that were tried. */
  readonly counted: Readonly<Record<Outcome, number>>;
};
type Outcome = 'sent' | 'failed' | 'refused';

/**
 * Sends what is due within the hourly limit, oldest first. Channels run side by side: one that
 * hangs delays no other. A refused delivery is tried again later, unless it was refused
 * permanently; while a channel is closed, all of it waits.
 */
export async function deliver(options: DeliveryOptions): Promise<Delivered> {
  const all = await entries(options.world.state);
  all.sort((a, b) => a.delivery.notice.at - b.delivery.notice.at);
  return new DeliveryRun(options, all).run(all);
}

class DeliveryRun {
  readonly #options: DeliveryOptions;
  /** Everything in the outbox by key, as it is now. */
  readonly #deliveries: Map<string, Delivery>;
  /** How many notices each recipient was sent within the last hour. */
  readonly #sent = new Map<string, number>();
  readonly #counted: Record<Outcome, number> = { sent: 0, failed: 0, refused: 0 };
  #lookAt: number;

  constructor(options: DeliveryOptions, all: readonly Entry[]) {
    this.#options = options;
    this.#deliveries = new Map(all.map(({ key, delivery }) => [key, delivery]));
    const now = options.world.now();
    this.#lookAt = now + LOOK_MS;
    for (const delivery of this.#deliveries.values()) if (isCounted(delivery, now)) this.#count(delivery);
  }

  async run(all: readonly Entry[]): Promise<Delivered> {
    const { notifierOf } = this.#options;
    await this.#forget(all);
    const waiting = all.filter(({ delivery }) => delivery.state === 'waiting');
    const byChannel = Map.groupBy(waiting, ({ delivery: { recipient } }) => notifierOf(recipient)?.name ?? recipient);
    await Promise.all([...byChannel].map(([channel, some]) => this.#runChannel(channel, some)));
    return { lookAt: this.#lookAt, deliveries: [...this.#deliveries.values()], counted: this.#counted };
  }

  /** Removes what was finished long ago. */
  async #forget(all: readonly Entry[]): Promise<void> {
    const { state, now } = this.#options.world;
    for (const { delivery, key, revision } of all) {
      if (delivery.state === 'waiting' || now() - (delivery.sentAt ?? 0) <= KEPT_MS) continue;
      if (await state.put(key, undefined, revision)) this.#deliveries.delete(key);
    }
  }

  async #runChannel(channel: string, some: readonly Entry[]): Promise<void> {
    const release = this.#options.channels.acquire(channel);
    if (!release) return;
    try {
      const { maxPerHour, world } = this.#options;
      const beyond = await this.#sendAll(channel, some);
      // A recipient whose last summary still waits gets no second one: that summary will be the
      // last mail of the hour.
      const awaitingSummary = new Set(
        [...this.#deliveries.values()]
          .filter(({ state, notice }) => state === 'waiting' && notice.kind === 'summary')
          .map(({ recipient }) => recipient),
      );
      const toSummarise = beyond.filter(
        ({ delivery: { recipient, tries } }) =>
          tries === 0 && this.#sent.get(recipient) === maxPerHour - 1 && !awaitingSummary.has(recipient),
      );
      await this.#summarise(toSummarise);
      if (toSummarise.length > 0) this.#lookAt = world.now();
    } finally {
      release();
    }
  }

  /**
   * Sends the deliveries of one channel until it turns out to be closed.
   * @returns those beyond the hourly limit
   */
  async #sendAll(channel: string, some: readonly Entry[]): Promise<Entry[]> {
    const { world, maxPerHour, channels, mayGoOn } = this.#options;
    const beyond: Entry[] = [];
    for (const entry of some) {
      const { delivery } = entry;
      const openAt = Math.max(delivery.nextAt, channels.openAt(channel));
      if (openAt > world.now()) this.#lookAt = Math.min(this.#lookAt, openAt);
      else if (
        (this.#sent.get(delivery.recipient) ?? 0) >= maxPerHour - 1 &&
        !UNLIMITED.includes(delivery.notice.kind)
      ) {
        beyond.push(entry);
      } else if (!(await mayGoOn())) {
        this.#lookAt = 0;
        return [];
      } else await this.#tryOne(entry, channel);
    }
    return beyond;
  }

  async #tryOne(entry: Entry, channel: string): Promise<void> {
    const { world, unrecorded } = this.#options;
    const { key, revision } = entry;
    const next = await this.#send(entry, channel);
    this.#deliveries.set(key, next);
    this.#counted[next.state === 'sent' || next.state === 'refused' ? next.state : 'failed']++;
    await world.state.put(key, next, revision);
    unrecorded.delete(key);
    if (next.state === 'waiting') this.#lookAt = Math.min(this.#lookAt, next.nextAt);
  }

  /** @returns the delivery as it is afterwards */
  async #send({ delivery, key }: Entry, channel: string): Promise<Delivery> {
    const { world, channels, unrecorded } = this.#options;
    const { recipient } = delivery;
    const { failure: _, ...rest } = delivery;
    try {
      if (!unrecorded.has(key)) await this.#notify(delivery);
      const sentAt = unrecorded.get(key) ?? world.now();
      unrecorded.set(key, sentAt);
      this.#count(delivery);
      if (channels.worked(channel) > 0) world.log.info({ channel }, `notices reach ${recipient} again`);
      return { ...rest, state: 'sent', sentAt };
    } catch (error) {
      return this.#failed(delivery, channel, error);
    }
  }

  #failed(delivery: Delivery, channel: string, error: unknown): Delivery {
    const { world, channels } = this.#options;
    const { notice, recipient } = delivery;
    const tries = delivery.tries + 1;
    const failure = reasonOf(error);
    const now = world.now();
    const isFinal = error instanceof Refusal && error.permanent;
    const nextAt = error instanceof Refusal ? now + backoff(tries, FIRST_TRY, LAST_TRY) : channels.failed(channel, now);
    if (tries === 1 || isFinal) {
      const next = isFinal ? 'not trying again until cordwood alert retry' : 'trying again';
      world.log.error({ recipient, rule: notice.rule }, `cannot notify ${recipient}: ${failure}; ${next}`);
    }
    return isFinal
      ? { ...delivery, state: 'refused', tries, failure, sentAt: now }
      : { ...delivery, tries, failure, nextAt };
  }

  async #notify({ notice, recipient }: Delivery): Promise<void> {
    const notifier = this.#options.notifierOf(recipient);
    if (!notifier) {
      const why = recipient.includes('@') ? 'has no mail:' : 'has no notifier of this name under notifiers:';
      throw new Error(`the configuration ${why}`);
    }
    fault('sending');
    await notifier.send(notice, recipient);
    fault('sent');
  }

  /** When the first of the hour's notices to a recipient will be an hour old, ms. */
  #roomAt(recipient: string): number {
    const { now } = this.#options.world;
    const own = [...this.#deliveries.values()].filter(
      (delivery) => delivery.recipient === recipient && isCounted(delivery, now()),
    );
    return Math.min(now(), ...own.map(({ sentAt }) => sentAt!)) + HOUR;
  }

  /** Counts towards the hourly limit; digests do not. */
  #count({ recipient, notice }: Delivery): void {
    if (notice.kind === 'digest') return;
    this.#sent.set(recipient, (this.#sent.get(recipient) ?? 0) + 1);
  }

  /**
   * The last mail within the hourly limit reports everything beyond it. The summary is put in
   * before the notices that it replaces are taken out: a crash in between reports something twice,
   * and loses nothing.
   */
  async #summarise(beyond: readonly Entry[]): Promise<void> {
    const { state, now } = this.#options.world;
    for (const [recipient, some] of Map.groupBy(beyond, ({ delivery }) => delivery.recipient)) {
      const notices = some.map(({ delivery }) => delivery.notice);
      await post(state, summaryOf(notices, recipient, { at: now(), nextAt: this.#roomAt(recipient) }));
      for (const { delivery, key, revision } of some) {
        const next: Delivery = { ...delivery, state: 'summarised', sentAt: now() };
        this.#deliveries.set(key, next);
        await state.put(key, next, revision);
      }
    }
  }
}

/** Whether a delivery counts towards the hourly limit. */
function isCounted({ state, sentAt, notice }: Delivery, now: number): boolean {
  return state === 'sent' && sentAt !== undefined && now - sentAt < HOUR && notice.kind !== 'digest';
}
