import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '../../base/fault.ts';
import { SECOND } from '../../base/units.ts';
import { cursorOf } from '../../model/cursor.ts';
import { nodeOf } from '../../model/id.ts';
import type { LogMessage } from '../../model/message.ts';
import { Ended, type Outlet, type Refused } from '../contract.ts';
import { type Line, lineOf } from '../format.ts';
import type { ForwardSettings } from '../registry.ts';
import type { Connected } from './addresses.ts';
import type { AsideKeeper } from './aside.ts';
import { Beats } from './beats.ts';
import { Flight } from './flight.ts';
import type { Losses } from './losses.ts';
import type { Origins } from './origins.ts';
import type { Pacer } from './pacer.ts';
import type { LaneParts } from './parts.ts';
import { Reading } from './reading.ts';

/** Longest wait for something to happen, ms. */
const WAIT_MS = SECOND;
/** The same while lines are on their way, ms. */
const BUSY_MS = 20;
/** Of how many lines one is remembered, if the receiver acknowledges none. */
const EVERY = 64;

type SessionParts = LaneParts & {
  readonly settings: ForwardSettings;
  readonly losses: Losses;
  readonly aside: AsideKeeper;
  readonly origins: Origins;
  readonly pacer: Pacer;
  /** Messages are done. */
  readonly onDone: (messages: number) => void;
};

/** A message as a line, and whether it was sent before. */
type Draft = { readonly line: Line; readonly again: boolean };

/** Sends what comes after the position over one connection, until that ends. */
export class Session {
  readonly to: string;
  /** ms. */
  readonly since: number;
  readonly outlet: Outlet;
  readonly flight: Flight;
  readonly reading: Reading;
  readonly #parts: SessionParts;
  readonly #beats: Beats;

  constructor({ outlet, to }: Connected, parts: SessionParts) {
    const { world, position, settings, filter } = parts;
    this.to = to;
    this.since = world.now();
    this.outlet = outlet;
    this.#parts = parts;
    this.flight = new Flight(position.cursor, settings.kind === 'relp' ? 1 : EVERY);
    this.#beats = new Beats(settings, parts);
    this.reading = new Reading(world, filter, position.cursor);
    parts.origins.connectedTo(to);
  }

  /** @throws what the connection or the store fails with; Refused; Ended; the reason of the signal */
  async run(signal: AbortSignal): Promise<void> {
    const { aside, world } = this.#parts;
    const { outlet, flight } = this;
    while (!signal.aborted) {
      this.settle();
      if (aside.isDue) await aside.sendDue(this, (message) => this.#lineOf(message, true), signal);
      this.#beats.sendDue(this, this.reading);
      outlet.flush();
      const reach = world.visible();
      if (!this.reading.isAtEnd) await this.#step(reach, signal);
      else if (flight.isEmpty) await this.#idle(reach, signal);
      else await outlet.progress(BUSY_MS);
    }
    signal.throwIfAborted();
  }

  /** Moves the position up to what is done. */
  settle(): void {
    const { position, onDone } = this.#parts;
    let messages = 0;
    this.flight.done(this.outlet.done, (node, count) => {
      position.countSent(node, count);
      messages += count;
    });
    if (messages > 0) fault('acked');
    position.moveTo(this.flight.cursor);
    if (messages > 0) onDone(messages);
  }

  /** Handles a refusal. @returns whether to go on at once: behind the message, or with one less that is tried */
  onRefused({ lines, answered, message }: Refused): boolean {
    const { aside, position, count } = this.#parts;
    this.settle();
    const ids = lines.flatMap((line) => this.flight.idOf(line) ?? []);
    if (ids.length < lines.length) aside.onRefused(message, count('dead'));
    // A receiver that refuses everything does not work: no more is set aside then.
    if (!aside.hasRoomFor(ids.length)) return false;
    for (const id of ids) aside.add(id, message);
    // Refused ones are done, as far as the order is concerned: what comes after them goes on.
    this.flight.done(answered, (node, messages) => position.countSent(node, messages));
    for (const id of ids) position.countSent(nodeOf(id), -1);
    position.moveTo(this.flight.cursor);
    return true;
  }

  async #idle(reach: readonly string[], signal: AbortSignal): Promise<void> {
    const waiting = new AbortController();
    const changed = this.#parts.world.changed(reach, AbortSignal.any([signal, waiting.signal]), WAIT_MS);
    try {
      await Promise.race([changed, this.outlet.progress(WAIT_MS)]);
    } finally {
      waiting.abort();
    }
  }

  async #step(reach: readonly string[], signal: AbortSignal): Promise<void> {
    const { flight, reading } = this;
    const { isOurs } = this.#parts;
    flight.begin(cursorOf(reach));
    const runs = reading.step(reach, signal);
    for (;;) {
      const { value, done } = await runs.next();
      if (done) {
        flight.end(reading.cursor, value);
        this.outlet.flush();
        return;
      }
      for (const message of value) {
        const sending = isOurs(message) ? this.#send(message, signal) : undefined;
        if (sending) await sending;
        reading.passed(message._id);
      }
    }
  }

  /** Sends a message at once if nothing is to be waited for: a wait for each would cost as much as sending it. */
  #send(message: LogMessage, signal: AbortSignal): Promise<void> | undefined {
    const { pacer, losses } = this.#parts;
    if (!pacer.isFree || losses.deciding) return this.#sendLater(message, undefined, signal);
    const room = this.outlet.room();
    if (room) return this.#sendLater(message, room, signal);
    if (!losses.has(message)) this.#write(message, this.#draft(message));
    return undefined;
  }

  async #sendLater(message: LogMessage, room: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
    const { outlet } = this;
    const { pacer, losses } = this.#parts;
    const draft = this.#draft(message);
    if (!pacer.isFree) await this.#pace(draft.line.bytes, signal);
    for (let wait = room ?? outlet.room(); wait !== undefined; wait = outlet.room()) {
      await wait;
      this.settle();
      signal.throwIfAborted();
    }
    // It may have been given up while it waited.
    if (losses.deciding) await losses.deciding;
    if (!losses.has(message)) this.#write(message, draft);
  }

  #draft(message: LogMessage): Draft {
    const { origins } = this.#parts;
    const again = origins.wasSent(message._id);
    return { again, line: this.#lineOf(message, again && origins.isElsewhere(message._id)) };
  }

  #write({ _id }: LogMessage, { line, again }: Draft): void {
    const { origins, isHeld, position, count } = this.#parts;
    if (!isHeld()) throw new Ended('another process may forward now');
    this.outlet.send(line.text, line.bytes);
    this.flight.push(_id);
    this.#beats.count(_id);
    origins.sent(_id);
    count('bytes').add(line.bytes);
    if (again) count('again').add();
    else if (line.isCut) {
      count('cut').add();
      position.cut++;
    }
  }

  async #pace(bytes: number, signal: AbortSignal): Promise<void> {
    const { outlet } = this;
    const { pacer } = this.#parts;
    for (let wait = pacer.take(bytes, performance.now()); wait > 0; ) {
      outlet.flush();
      await sleep(Math.min(wait, SECOND), undefined, { signal });
      // Throws if the connection has failed meanwhile.
      if (outlet.room() === undefined) this.#beats.sendDue(this, this.reading);
      this.settle();
      wait = pacer.take(bytes, performance.now());
    }
  }

  #lineOf(message: LogMessage, again: boolean): Line {
    const { settings, origins } = this.#parts;
    return lineOf(message, settings, {
      from: origins.of(message._id),
      again,
      isCordwood: this.outlet.isCordwood,
    });
  }
}
