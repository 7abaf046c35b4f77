import { DAY } from '../../base/units.ts';
import type { MessageBatch } from '../../model/batch.ts';
import { FieldCounts, fieldsOf } from '../../model/fields.ts';
import { bucketOf, groupReader } from '../../model/grouping.ts';
import { decodeId, idOf, type Position } from '../../model/id.ts';
import { compile, type Matcher } from '../../model/matches.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Group, Grouping, Query } from '../../model/query.ts';
import {
  type ExpireReport,
  type Hold,
  HOLDS,
  type Removal,
  type Retention,
  type RetentionEdge,
  type StateChange,
  type StoreReader,
  type StoreState,
  type StoreStats,
  type StoreWriter,
  type StreamPolicy,
} from '../contract.ts';
import { GroupSums } from '../group-sums.ts';
import { heldFilter, judge, laterEdge, type RetentionUnit } from '../retention/retention.ts';
import { memoryState } from './state.ts';
import { queryTest } from './query-test.ts';

export type MemoryStoreOptions = {
  /** The time that `keep` and leases are compared with, ms. */
  readonly now: () => number;
  /** Streams without a policy are kept forever. */
  readonly streams?: readonly StreamPolicy[];
  readonly maxDisk?: number;
};

type MessageDay = RetentionUnit & { readonly day: string; readonly messages: readonly LogMessage[] };

const CHUNK = 256;

/**
 * A store that lasts as long as the process; simple rather than fast, it is the specification of
 * every other store.
 */
export function openMemoryStore(options: MemoryStoreOptions): { writer: StoreWriter; reader: StoreReader } {
  const store = new MemoryStore(options);
  return { writer: store.writer(), reader: store.reader() };
}

class MemoryStore {
  readonly #now: () => number;
  #retention: Retention;
  /** In `_id` order. */
  #messages: LogMessage[] = [];
  readonly #ids = new Set<string>();
  readonly #safe = new Map<number, Position>();
  readonly #states = new Map<string, StoreState>();
  readonly #edges = new Map<string, RetentionEdge>();

  constructor({ now, streams = [], ...limits }: MemoryStoreOptions) {
    this.#now = now;
    this.#retention = { streams, ...limits };
  }

  writer(): StoreWriter {
    return {
      insert: async (batch) => this.#insert(batch),
      makeSafe: (position, entries) => this.#settle(position, entries),
      safe: async (node) => this.#safe.get(node),
      storedAfter: async (position) => this.#storedAfter(position),
      maintain: async () => false,
      expire: async (now) => this.#expire(now),
      latest: async () => this.#messages.at(-1)?.received_at.getTime() ?? 0,
      setRetention: (retention) => this.#retain(retention),
      state: (namespace) => this.#state(namespace),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  reader(): StoreReader {
    return {
      find: (query, signal) => this.#find(query, signal),
      aggregate: async (query, grouping, signal) => this.#aggregate(await this.#select(query, signal), grouping),
      fieldNames: async (query, signal, atMost) => countNames(await this.#select(query, signal), atMost),
      retentionEdges: async () => this.#retentionEdges(),
      stats: async () => this.#stats(),
      safe: async (node) => this.#safe.get(node),
      storedAfter: async (position) => this.#storedAfter(position),
      oldest: async () => (await this.#shown())[0]?.received_at.getTime(),
      setRetention: (retention) => this.#retain(retention),
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
    // Batches nearly always come in order, and then need no sorting.
    if (batch.count > 0 && batch.id(0) <= last) this.#messages.sort((a, b) => (a._id < b._id ? -1 : 1));
  }

  async #settle(position: Position, entries: readonly StateChange[] = []): Promise<void> {
    this.#safe.set(position.node, position);
    for (const { namespace, key, value } of entries) {
      const state = this.#state(namespace);
      await state.put(key, value, (await state.get(key))?.revision ?? 0);
    }
  }

  #storedAfter(position: Position): Set<number> {
    const after = idOf(position);
    const positions = this.#messages.filter(({ _id }) => _id > after).map(({ _id }) => decodeId(_id)!);
    return new Set(positions.filter(({ node }) => node === position.node).map(({ sequence }) => sequence));
  }

  #retain(retention: Retention): void {
    this.#retention = retention;
  }

  /** Deletes whole UTC days of arrival. */
  async #expire(now: number): Promise<ExpireReport> {
    const isHeld = await this.#heldTest();
    const days = [...Map.groupBy(this.#messages, partOf).values()].map((messages) => this.#day(messages, isHeld));
    const { remove, exceeded } = judge(days, this.#retention, now);
    const removed = remove.map(({ unit, why }): Removal => {
      const { stream, day, messages, bytes, end } = unit;
      for (const { _id } of messages) this.#ids.delete(_id);
      this.#edges.set(stream, laterEdge(this.#edges.get(stream), { stream, until: end, why })!);
      return { stream, day, messages: messages.length, bytes, why, until: end };
    });
    this.#messages = this.#messages.filter(({ _id }) => this.#ids.has(_id));
    return { removed, exceeded };
  }

  #day(messages: readonly LogMessage[], isHeld: Matcher): MessageDay {
    const { stream, received_at } = messages[0]!;
    const end = bucketOf(received_at.getTime(), DAY) + DAY;
    const newest = this.#messages.findLast((message) => message.stream === stream)!;
    return {
      stream,
      day: dayOf(messages[0]!),
      end,
      bytes: sizeOf(messages),
      removable: newest.received_at.getTime() < end ? 'past' : 'always',
      pinned: () => messages.some(isHeld),
      messages,
    };
  }

  async #heldTest(): Promise<Matcher> {
    const holds = (await this.#state(HOLDS).scan('')).map(({ value }) => value as Hold);
    return compile(heldFilter(holds));
  }

  #retentionEdges(): RetentionEdge[] {
    const streams = new Set([...this.#edges.keys(), ...this.#messages.map(({ stream }) => stream)]);
    return [...streams].flatMap((stream) => {
      const until = this.#edgeOf(stream);
      const hides = this.#messages.some(
        (message) => message.stream === stream && message.received_at.getTime() < until,
      );
      return laterEdge(this.#edges.get(stream), hides ? { stream, until, why: 'keep' } : undefined) ?? [];
    });
  }

  async *#find(query: Query, signal: AbortSignal): AsyncGenerator<readonly LogMessage[]> {
    const found = await this.#select(query, signal);
    if (query.order === 'newest') found.reverse();
    const limited = found.slice(0, query.limit);
    for (let at = 0; at < limited.length && !signal.aborted; at += CHUNK) yield limited.slice(at, at + CHUNK);
  }

  async #select(query: Query, signal: AbortSignal): Promise<LogMessage[]> {
    return signal.aborted ? [] : (await this.#shown()).filter(queryTest(query));
  }

  async #shown(): Promise<LogMessage[]> {
    const isHeld = await this.#heldTest();
    return this.#messages.filter(
      (message) => message.received_at.getTime() >= this.#edgeOf(message.stream) || isHeld(message),
    );
  }

  /** Messages of a stream that arrived before this (ms) are past its `keep`. */
  #edgeOf(stream: string): number {
    return this.#now() - (this.#retention.streams.find(({ name }) => name === stream)?.keep ?? Infinity);
  }

  #aggregate(messages: readonly LogMessage[], grouping: Grouping): Group[] {
    const { by, every, cutAt } = grouping;
    const read = groupReader(by, cutAt);
    const sums = new GroupSums(grouping);
    for (const message of messages) {
      const at = every === undefined ? {} : { at: bucketOf(message.received_at.getTime(), every) };
      for (const values of read(message)) sums.add({ values, ...at, count: 1 });
    }
    return sums.groups();
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

function countNames(messages: readonly LogMessage[], atMost?: number): { name: string; count: number }[] {
  const counts = new FieldCounts(atMost);
  for (const message of messages) counts.addMessage(fieldsOf(message));
  return counts.names();
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
