import type { Db } from 'mongodb';
import { DAY, MINUTE } from '../../base/units.ts';
import { decodeId, firstIdAt, idOf, type Position } from '../../model/id.ts';
import type { StateChange, StoredSequences } from '../contract.ts';
import { listCollections } from './collections.ts';
import { mongoError } from './connection.ts';
import { fromBinaryId, messagesIn, partOf, toBinaryId } from './documents.ts';
import type { MongoState } from './state.ts';

/** The namespace of the store's own entries. */
const STORE = 'store';
const UNTIL = 'until/';
/** How far beyond its newest message a node promises to write, ms. */
const PROMISE_MS = 5 * MINUTE;
/**
 * Messages that arrived further in the future come from a node with a wrong clock, and do not move
 * ours, ms.
 */
const AHEAD_MS = 5 * MINUTE;
/** Ids per reply of the server. */
const CHUNK = 50_000;

/** Written as one document, because a standalone server has no transactions. */
type Safe = {
  readonly id: string;
  /** Still to be written to their own keys. */
  readonly entries?: readonly StateChange[];
};

/**
 * The safe position of each node, and how far beyond it the node may have written; kept in the
 * store's state.
 */
export class Positions {
  readonly #db: Db;
  readonly #state: MongoState;
  readonly #promised = new Map<number, number>();

  constructor(db: Db, state: MongoState) {
    this.#db = db;
    this.#state = state;
  }

  /** The last position that `makeSafe` recorded. */
  async safe(node: number): Promise<Position | undefined> {
    const entry = await this.#state.get(STORE, `safe/${node}`);
    return entry && decodeId((entry.value as Safe).id);
  }

  /** As `safe`, for the node's own writer: first finishes a `makeSafe` that a crash interrupted. */
  async recover(node: number): Promise<Position | undefined> {
    const entry = await this.#state.get(STORE, `safe/${node}`);
    const safe = entry?.value as Safe | undefined;
    if (safe?.entries) await this.#finish(node, safe);
    return safe && decodeId(safe.id);
  }

  /** Records the position and the entries so that after a crash either both are there or neither. */
  async makeSafe(position: Position, entries: readonly StateChange[] = []): Promise<void> {
    const id = idOf(position);
    const value: Safe = entries.length > 0 ? { id, entries } : { id };
    await this.#state.write([{ namespace: STORE, key: `safe/${position.node}`, value }]);
    if (entries.length > 0) await this.#finish(position.node, value);
  }

  async #finish(node: number, { id, entries = [] }: Safe): Promise<void> {
    await this.#state.write(entries);
    await this.#state.write([{ namespace: STORE, key: `safe/${node}`, value: { id } satisfies Safe }]);
  }

  /**
   * Records, before it is written, that a node writes messages up to `receivedAt`; `storedAfter`
   * reads no further.
   */
  async promise(node: number, receivedAt: number): Promise<void> {
    const known = this.#promised.get(node) ?? (await this.#until(node)) ?? -1;
    this.#promised.set(node, known);
    if (receivedAt <= known) return;
    const until = receivedAt + PROMISE_MS;
    await this.#state.write([{ namespace: STORE, key: `${UNTIL}${node}`, value: until }]);
    this.#promised.set(node, until);
  }

  /** All nodes that ever wrote messages. */
  async nodes(): Promise<number[]> {
    const promises = await this.#state.namespace(STORE).scan(UNTIL);
    return promises.map(({ key }) => Number(key.slice(UNTIL.length)));
  }

  async #until(node: number): Promise<number | undefined> {
    return (await this.#state.get(STORE, `${UNTIL}${node}`))?.value as number | undefined;
  }

  /**
   * Reads the ids of all nodes from the position to the end of its node's promise: some seconds for
   * millions.
   */
  async storedAfter(position: Position): Promise<StoredSequences> {
    const held = new Set<number>();
    const until = await this.#until(position.node);
    if (until === undefined) return held;
    const bounds = { $gt: toBinaryId(idOf(position)), $lt: toBinaryId(firstIdAt(until + 1)) };
    try {
      for (const name of await listCollections(this.#db)) {
        const day = partOf(name)!.day;
        if (day !== undefined && Date.parse(day) + DAY <= position.receivedAt) continue;
        const ids = messagesIn(this.#db, name).find({ _id: bounds }, { projection: { _id: 1 }, batchSize: CHUNK });
        for await (const { _id } of ids) {
          const { node, sequence } = decodeId(fromBinaryId(_id))!;
          if (node === position.node) held.add(sequence);
        }
      }
    } catch (error) {
      throw mongoError(`read the stored messages of node ${position.node}`, error);
    }
    return held;
  }

  /** The newest `received_at` of all collections, ms, except those of a node with a wrong clock. */
  async latest(now: number): Promise<number> {
    let latest = 0;
    try {
      const _id = { $lt: toBinaryId(firstIdAt(now + AHEAD_MS)) };
      for (const name of await listCollections(this.#db)) {
        const newest = await messagesIn(this.#db, name).findOne(
          { _id },
          { sort: { _id: -1 }, projection: { received_at: 1 } },
        );
        latest = Math.max(latest, newest?.['received_at']?.getTime() ?? 0);
      }
    } catch (error) {
      throw mongoError('read the newest message', error);
    }
    return latest;
  }
}
