import type { StateEntry } from '../store/contract.ts';
import { post } from './delivery/outbox.ts';
import type { AlertWorld } from './evaluate/world.ts';
import type { Notice } from './notices/notice.ts';

/** A state that is written together with the notices of what has changed in it. */
type WithPending = { readonly pending: readonly Notice[] };

/** One entry of the state of alerts whose notices go into the outbox once it is written, also after a crash in between. */
export class PendingNotices<Value extends WithPending> {
  readonly #world: AlertWorld;
  readonly #key: string;
  readonly #onPosted: () => void;

  /** @param onPosted called after notices were put into the outbox */
  constructor(world: AlertWorld, key: string, onPosted: () => void) {
    this.#world = world;
    this.#key = key;
    this.#onPosted = onPosted;
  }

  /** What was written last; undefined if nothing was. */
  async read(): Promise<StateEntry | undefined> {
    return this.#world.state.get(this.#key);
  }

  /** Writes the next value and posts its notices. Does nothing if another node has written since `entry` was read. */
  async write(entry: StateEntry | undefined, next: Value): Promise<void> {
    const { state } = this.#world;
    if (!(await state.put(this.#key, next, entry?.revision ?? 0))) return;
    const written = await state.get(this.#key);
    if (written && next.pending.length > 0) await this.post(next, written.revision);
  }

  /** Posts the notices of a value that was written, and removes them from it. */
  async post(known: Value, revision: number): Promise<void> {
    const { state } = this.#world;
    for (const notice of known.pending) await post(state, notice);
    this.#onPosted();
    await state.put(this.#key, { ...known, pending: [] } satisfies WithPending, revision);
  }
}
