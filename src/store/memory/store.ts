import type { MessageBatch } from '../../model/batch.ts';
import { fieldsOf } from '../../model/fields.ts';
import { bucketOf, groupReader } from '../../model/grouping.ts';
import { decodeId, idOf, type Position } from '../../model/id.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Group, Grouping, Query } from '../../model/query.ts';
import type {
  ExpireReport,
  StateChange,
  StoreReader,
  StoreState,
  StoreStats,
  StoreWriter,
  StreamPolicy,
} from '../contract.ts';
import { memoryState } from './state.ts';
import { queryTest } from './window.ts';

export type MemoryStoreOptions = {
  /** ms: what `keep` and leases are measured against. */
  readonly now: () => number;
  /** Streams without a policy are kept for ever. */
  readonly streams?: readonly StreamPolicy[];
};

const DAY = 86_400_000;
const CHUNK = 256;

/** A store that lasts as long as the process: plain rather than fast, it says what every other store must do. */
export function openMemoryStore(options: MemoryStoreOptions): { writer: StoreWriter; reader: StoreReader } {
  const store = new MemoryStore(options);
  return { writer: store.writer(), reader: store.reader() };
}

class MemoryStore {
  readonly #now: () => number;
  readonly #keep: ReadonlyMap<string, number>;
  /** In `_id` order. */
  #messages: LogMessage[] = [];
  readonly #ids = new Set<string>();
  readonly #safe = new Map<number, Position>();
  readonly #states = new Map<string, StoreState>();

  constructor({ now, streams = [] }: MemoryStoreOptions) {
    this.#now = now;
    this.#keep = new Map(streams.map(({ name, keep }) => [name, keep ?? Infinity]));
  }

  writer(): StoreWriter {
    return {
      insert: async (batch) => this.#insert(batch),
      settle: (position, entries) => this.#settle(position, entries),
      safe: async (node) => this.#safe.get(node),
      heldAfter: async (position) => this.#heldAfter(position),
      maintain: async () => false,
      expire: async (now) => this.#expire(now),
      latest: async () => this.#messages.at(-1)?.received_at.getTime() ?? 0,
      state: (namespace) => this.#state(namespace),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  reader(): StoreReader {
    return {
      find: (query, signal) => this.#find(query, signal),
      aggregate: async (query, grouping, signal) => this.#aggregate(this.#select(query, signal), grouping),
      fieldNames: async (query, signal) => countNames(this.#select(query, signal)),
      stats: async () => this.#stats(),
      safe: async (node) => this.#safe.get(node),
      heldAfter: async (position) => this.#heldAfter(position),
      oldest: async () => this.#kept()[0]?.received_at.getTime(),
      state: (namespace) => this.#state(namespace),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  #insert(batch: MessageBatch): void {
    const last = this.#messages.at(-1)?._id ?? '';
    for (let row = 0; row < batch.count; row++) {
      const id = batch.id(row);
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      this.#messages.push(batch.message(row));
    }
    // What comes in order, as it nearly always does, needs no sorting.
    if (batch.count > 0 && batch.id(0) <= last) this.#messages.sort((a, b) => (a._id < b._id ? -1 : 1));
  }

  async #settle(position: Position, entries: readonly StateChange[] = []): Promise<void> {
    this.#safe.set(position.node, position);
    for (const { namespace, key, value } of entries) {
      const state = this.#state(namespace);
      await state.put(key, value, (await state.get(key))?.revision ?? 0);
    }
  }

  #heldAfter(position: Position): Set<number> {
    const after = idOf(position);
    const positions = this.#messages.filter(({ _id }) => _id > after).map(({ _id }) => decodeId(_id)!);
    return new Set(positions.filter(({ node }) => node === position.node).map(({ sequence }) => sequence));
  }

  /** Whole UTC days of arrival, once their last millisecond is past its `keep`. */
  #expire(now: number): ExpireReport {
    const gone = this.#messages.filter((message) => {
      const endOfDay = bucketOf(message.received_at.getTime(), DAY) + DAY;
      return endOfDay <= now - this.#keepOf(message);
    });
    for (const { _id } of gone) this.#ids.delete(_id);
    this.#messages = this.#messages.filter(({ _id }) => this.#ids.has(_id));
    return { messages: gone.length, bytes: sizeOf(gone), removed: [...new Set(gone.map(partOf))] };
  }

  async *#find(query: Query, signal: AbortSignal): AsyncGenerator<readonly LogMessage[]> {
    const found = this.#select(query, signal);
    if (query.order === 'newest') found.reverse();
    const limited = found.slice(0, query.limit);
    for (let at = 0; at < limited.length && !signal.aborted; at += CHUNK) yield limited.slice(at, at + CHUNK);
  }

  #select(query: Query, signal: AbortSignal): LogMessage[] {
    return signal.aborted ? [] : this.#kept().filter(queryTest(query));
  }

  #kept(): LogMessage[] {
    const now = this.#now();
    return this.#messages.filter((message) => message.received_at.getTime() >= now - this.#keepOf(message));
  }

  #keepOf(message: LogMessage): number {
    return this.#keep.get(message.stream) ?? Infinity;
  }

  #aggregate(messages: readonly LogMessage[], { by, every }: Grouping): Group[] {
    const read = groupReader(by);
    const groups = new Map<string, Group>();
    if (by.length === 0 && every === undefined) groups.set('[[],null]', { values: [], count: 0 });
    for (const message of messages) {
      const at = every === undefined ? undefined : bucketOf(message.received_at.getTime(), every);
      for (const values of read(message)) {
        const key = JSON.stringify([values, at ?? null]);
        const count = (groups.get(key)?.count ?? 0) + 1;
        groups.set(key, { values, ...(at !== undefined && { at }), count });
      }
    }
    return [...groups.values()];
  }

  #stats(): StoreStats {
    const parts = Map.groupBy(this.#messages, partOf);
    const days = [...parts.values()].map((messages) => ({
      stream: messages[0]!.stream,
      day: dayOf(messages[0]!),
      messages: messages.length,
      rawBytes: sizeOf(messages),
      storedBytes: sizeOf(messages),
    }));
    return { kind: 'memory', days, damaged: 0 };
  }

  #state(namespace: string): StoreState {
    const state = this.#states.get(namespace) ?? memoryState(this.#now);
    this.#states.set(namespace, state);
    return state;
  }
}

function countNames(messages: readonly LogMessage[]): { name: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const name of messages.flatMap(fieldsOf)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count }));
}

function dayOf(message: LogMessage): string {
  return message.received_at.toISOString().slice(0, 10);
}

function partOf(message: LogMessage): string {
  return `${message.stream} ${dayOf(message)}`;
}

function sizeOf(messages: readonly LogMessage[]): number {
  return messages.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
}
