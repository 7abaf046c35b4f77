import type { Db } from 'mongodb';
import { decodeId, firstIdAt, idOf, type Position } from '../../model/id.ts';
import type { StoredSequences, StateChange } from '../contract.ts';
import { listCollections } from './collections.ts';
import { mongoError } from './connection.ts';
import { fromBinaryId, messagesIn, partOf, toBinaryId } from './documents.ts';
import type { MongoState } from './state.ts';

/** The namespace of what the store keeps for itself. */
const STORE = 'store';
const UNTIL = 'until/';
/** How far beyond its newest message a node promises to write before it promises again, ms. */
const PROMISE_MS = 5 * 60_000;
/** A clock of another receiver may be ahead of ours by this much; what lies further ahead does not move ours, ms. */
const AHEAD_MS = 5 * 60_000;
const CHUNK = 50_000;
const DAY = 86_400_000;

/** What `settle` writes in one piece, since a standalone server has no transactions. */
type Safe = {
  readonly id: string /** Still to be written to keys of their own. */;
  readonly entries?: readonly StateChange[];
};

/** Safe positions, and how far each node may have written beyond: in the store's state. */
export class Positions {
  readonly #db: Db;
  readonly #state: MongoState;
  readonly #promised = new Map<number, number>();

  constructor(db: Db, state: MongoState) {
    this.#db = db;
    this.#state = state;
  }

  async safe(node: number): Promise<Position | undefined> {
    const entry = await this.#state.get(STORE, `safe/${node}`);
    return entry && decodeId((entry.value as Safe).id);
  }

  /** Of the node's own writer: also finishes what a `settle` that was killed had begun. */
  async recover(node: number): Promise<Position | undefined> {
    const entry = await this.#state.get(STORE, `safe/${node}`);
    const safe = entry?.value as Safe | undefined;
    if (safe?.entries) await this.#finish(node, safe);
    return safe && decodeId(safe.id);
  }

  async settle(position: Position, entries: readonly StateChange[] = []): Promise<void> {
    const id = idOf(position);
    const value: Safe = entries.length > 0 ? { id, entries } : { id };
    await this.#state.write([{ namespace: STORE, key: `safe/${position.node}`, value }]);
    if (entries.length > 0) await this.#finish(position.node, value);
  }

  async #finish(node: number, { id, entries = [] }: Safe): Promise<void> {
    await this.#state.write(entries);
    await this.#state.write([{ namespace: STORE, key: `safe/${node}`, value: { id } satisfies Safe }]);
  }

  /** Says, before it is so, that a node writes messages of up to `receivedAt`: `storedAfter` looks no further. */
  async promise(node: number, receivedAt: number): Promise<void> {
    const known = this.#promised.get(node) ?? (await this.#until(node)) ?? -1;
    this.#promised.set(node, known);
    if (receivedAt <= known) return;
    const until = receivedAt + PROMISE_MS;
    await this.#state.write([{ namespace: STORE, key: `${UNTIL}${node}`, value: until }]);
    this.#promised.set(node, until);
  }

  /** Every node that ever wrote messages. */
  async nodes(): Promise<number[]> {
    const promises = await this.#state.namespace(STORE).scan(UNTIL);
    return promises.map(({ key }) => Number(key.slice(UNTIL.length)));
  }

  async #until(node: number): Promise<number | undefined> {
    return (await this.#state.get(STORE, `${UNTIL}${node}`))?.value as number | undefined;
  }

  /** Reads the ids of all nodes between the position and what its node has promised: some seconds for millions. */
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
      throw mongoError(`look up what the store holds of node ${position.node}`, error);
    }
    return held;
  }

  /** The newest `received_at` of all collections, ms, but for those of a clock that is wrong. */
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
      throw mongoError('look up the newest message', error);
    }
    return latest;
  }
}
