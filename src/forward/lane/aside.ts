import { MINUTE, SECOND } from '../../base/units.ts';
import type { LogMessage } from '../../model/message.ts';
import { toJson } from '../../model/json.ts';
import type { Aside, Outlet } from '../contract.ts';
import type { Flight } from './flight.ts';
import type { Line } from '../format.ts';
import type { Position } from './position.ts';
import { Reading } from './reading.ts';
import type { ForwardWorld } from '../world.ts';

/** After a refusal, a message is tried again alone after each of these, ms. */
const AGAIN_MS = [SECOND, MINUTE, 9 * MINUTE];

/** The most messages that are kept for another try. */
const MOST = 100;

/** Keeps messages that the receiver refused, tries each again alone, and then makes dead letters of them. */
export class AsideKeeper {
  readonly #world: ForwardWorld;
  readonly #name: string;
  readonly #position: Position;
  /** The message that is being tried. */
  #trying: { readonly aside: Aside; readonly message: LogMessage } | undefined;

  constructor(world: ForwardWorld, name: string, position: Position) {
    this.#world = world;
    this.#name = name;
    this.#position = position;
  }

  get isDue(): boolean {
    const { aside } = this.#position;
    return aside.length > 0 && aside.some(({ at }) => at <= this.#world.now());
  }

  hasRoomFor(messages: number): boolean {
    return this.#position.aside.length + messages <= MOST;
  }

  /** Keeps a message that was refused for the first time. */
  add(id: string, reason: string): void {
    this.#position.aside = [...this.#position.aside, { id, tries: 0, at: this.#world.now() + this.#again[0]!, reason }];
  }

  /** The message that was being tried alone was refused again. */
  onRefused(reason: string, dead: { add(): void }): void {
    if (!this.#trying) return;
    const { aside, message } = this.#trying;
    this.#trying = undefined;
    const tries = aside.tries + 1;
    const rest = this.#position.aside.filter(({ id }) => id !== aside.id);
    const next = this.#again[tries];
    if (next !== undefined) {
      this.#position.aside = [...rest, { id: aside.id, tries, at: this.#world.now() + next, reason }];
      return;
    }
    const text = `${this.#name}: ${reason}`;
    this.#world.setAside({
      id: aside.id,
      at: this.#world.now(),
      reason: text,
      message: toJson(message),
      forward: this.#name,
    });
    this.#position.aside = rest;
    this.#position.dead++;
    dead.add();
  }

  /** Sends what is due, each alone, and waits until it is done. @throws Refused, and what the connection fails with */
  async sendDue(
    { outlet, flight }: { readonly outlet: Outlet; readonly flight: Flight },
    lineOf: (message: LogMessage) => Line,
    signal: AbortSignal,
  ): Promise<void> {
    outlet.flush();
    while (outlet.done < flight.lines) await outlet.progress(SECOND);
    const reading = new Reading(this.#world, { kind: 'all' }, new Map());
    for (const aside of this.#position.aside) {
      if (aside.at > this.#world.now()) continue;
      const message = await reading.one(aside.id, signal);
      if (message) {
        this.#trying = { aside, message };
        const line = lineOf(message);
        outlet.send(line.text, line.bytes);
        flight.push();
        outlet.flush();
        while (outlet.done < flight.lines) {
          await outlet.progress(SECOND);
          signal.throwIfAborted();
        }
        this.#trying = undefined;
        // It was counted as done when it was kept.
      } else this.#position.lost++;
      this.#position.aside = this.#position.aside.filter(({ id }) => id !== aside.id);
    }
  }

  get #again(): readonly number[] {
    return this.#world.times?.aside ?? AGAIN_MS;
  }
}
