import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import fc from '../../support/fc.ts';
import type { Filter } from '../../../src/model/filter.ts';
import { bucketOf, groupReader } from '../../../src/model/grouping.ts';
import { decodeId, encodeId, type Position } from '../../../src/model/id.ts';
import { compile } from '../../../src/model/matches.ts';
import type { LogMessage } from '../../../src/model/message.ts';
import type { Group, Grouping, Query } from '../../../src/model/query.ts';
import type { StoreReader, StoreWriter, StreamPolicy } from '../../../src/store/contract.ts';
import { draft } from '../../support/arbitraries.ts';
import { batchOf, type Draft, EPOCH, messagesOf } from '../../support/batches.ts';

export type OpenStore = {
  readonly writer: StoreWriter;
  readonly reader: StoreReader;
  /** Closes the store and opens it again with the same data; absent if the store keeps none. */
  readonly reopen?: () => Promise<OpenStore>;
};

/** The clock of a store (ms), for `keep` and leases, and its streams. */
export type StoreSettings = { readonly now: () => number; readonly streams: readonly StreamPolicy[] };

/** Opens a new empty store at each call. */
export type Open = (settings: StoreSettings) => Promise<OpenStore>;

/**
 * How two nodes write: interleaved, or the second after the first, for a store with one receiver at
 * a time.
 */
export type Nodes = 'interleaved' | 'in turn';

export const ALL: Filter = { kind: 'all' };
export const EVERYTHING: Query = { filter: ALL, order: 'oldest' };
export const MINUTE = 60_000;
export const DAY = 86_400_000;
/** Most questions for each law: each costs a search, even in a fuzz run of millions. */
export const RUNS = Math.min(10_000, Number(process.env['CORDWOOD_FUZZ'] ?? 300));

/**
 * Opens a store for the tests of a suite, with messages of two nodes and three streams over two
 * hours.
 */
export function useCorpus(
  open: Open,
  nodes: Nodes,
  size: number,
): () => { reader: StoreReader; messages: LogMessage[] } {
  let store: OpenStore | undefined;
  let messages: LogMessage[] = [];
  before(async () => {
    store = await open({ now: () => EPOCH, streams: [] });
    const batches = corpusBatches(size, nodes);
    for (const batch of batches) await store.writer.insert(batch);
    messages = batches.flatMap(messagesOf).sort((a, b) => (a._id < b._id ? -1 : 1));
  });
  after(async () => store && close(store));
  return () => ({ reader: store!.reader, messages });
}

/** Interleaved in time, sometimes several messages in a millisecond, in batches of different sizes. */
export function corpusBatches(size: number, nodes: Nodes): ReturnType<typeof batchOf>[] {
  const streams = ['default', 'default', 'auth', 'debug'];
  const drafts = sample(size).map((each, index): Draft & { node: number } => {
    const step = Math.floor(index / 3) * Math.floor((360 * MINUTE) / size);
    return {
      ...each,
      stream: streams[index % 4]!,
      sequence: index + 1,
      received_at: new Date(EPOCH + step),
      node: nodes === 'interleaved' ? (index % 5 === 0 ? 2 : 1) : index < size / 2 ? 1 : 2,
    };
  });
  const batches: ReturnType<typeof batchOf>[] = [];
  for (let from = 0, width = 1; from < size; from += width, width = (width * 7 + 3) % 151 || 1) {
    const slice = drafts.slice(from, from + width);
    for (const node of [1, 2]) {
      const rows = slice.filter((each) => each.node === node);
      if (rows.length > 0) batches.push(batchOf(rows, { node }));
    }
  }
  return batches;
}

/** The same unusual messages in each run, so that a failure can be reproduced. */
export function sample(size: number): Draft[] {
  return fc.sample(draft, { numRuns: size, seed: 20_261_122 });
}

/** The nearest id of the node at or before `id`. */
export function rowOfNode(ids: readonly string[], id: string, node: number): string {
  const found = ids.findLast((each) => each <= id && decodeId(each)!.node === node);
  return found ?? encodeId(EPOCH - 1, node, 0);
}

/** `find` in its simplest form. */
export function expected(messages: readonly LogMessage[], query: Query): LogMessage[] {
  const matches = compile(query.filter);
  const cursorOf = (ids: readonly string[] | undefined, message: LogMessage): string | undefined =>
    ids?.find((id) => decodeId(id)!.node === decodeId(message._id)!.node);
  const found = messages.filter((message) => {
    const received = message.received_at.getTime();
    const seen = cursorOf(query.after, message);
    const visible = cursorOf(query.upTo, message);
    return (
      received >= (query.since ?? -Infinity) &&
      received < (query.until ?? Infinity) &&
      (query.before === undefined || message._id < query.before) &&
      (seen === undefined || message._id > seen) &&
      (visible === undefined || message._id <= visible) &&
      matches(message)
    );
  });
  if (query.order === 'newest') found.reverse();
  return found.slice(0, query.limit ?? Infinity);
}

/** `aggregate` in its simplest form. */
export function naiveCount(messages: readonly LogMessage[], { by, every, only, cutAt }: Grouping): Group[] {
  const read = groupReader(by, cutAt);
  const wanted = only?.map((values) => JSON.stringify(values));
  const keys = messages.flatMap((message) =>
    read(message).map((values) => {
      const told = wanted && !wanted.includes(JSON.stringify(values)) ? { values: [], rest: true } : { values };
      return JSON.stringify(
        every === undefined ? told : { ...told, at: bucketOf(message.received_at.getTime(), every) },
      );
    }),
  );
  const groups = [...Map.groupBy(keys, (key) => key)].map(([key, times]) => ({
    ...JSON.parse(key),
    count: times.length,
  }));
  return groups.length === 0 && by.length === 0 && every === undefined ? [{ values: [], count: 0 }] : groups;
}

/** All messages that a search finds. */
export async function find(reader: StoreReader, query: Partial<Query> = {}, signal = never()): Promise<LogMessage[]> {
  const found: LogMessage[] = [];
  for await (const chunk of reader.find({ ...EVERYTHING, ...query }, signal)) found.push(...chunk);
  return found;
}

/** The number of messages, by `aggregate`. */
export async function count(reader: StoreReader): Promise<number> {
  const groups = await reader.aggregate(EVERYTHING, { by: [] }, never());
  assert.equal(groups.length, 1);
  return groups[0]!.count;
}

/** Opens a store for one test and closes it. */
export async function withStore(
  open: Open,
  use: (store: OpenStore) => Promise<void>,
  settings: StoreSettings = { now: () => EPOCH, streams: [] },
): Promise<void> {
  const store = await open(settings);
  try {
    await use(store);
  } finally {
    await close(store);
  }
}

/** Closes both sides, the reader first. */
export async function close(store: OpenStore): Promise<void> {
  await store.reader[Symbol.asyncDispose]();
  await store.writer[Symbol.asyncDispose]();
}

/** Groups in a comparable form and order. */
export function sorted(groups: readonly Group[]): string[] {
  return groups.map(({ values, at: start, count: times }) => JSON.stringify([values, start ?? null, times])).sort();
}

/** The ids alone: they compare faster, and print better. */
export function idsOf(messages: readonly LogMessage[]): string[] {
  return messages.map(({ _id }) => _id);
}

/** A position of a node, as `batchOf` numbers it. */
export function at(node: number, sequence: number): Position {
  return { receivedAt: EPOCH + sequence, node, sequence };
}

/** A signal that never aborts. */
export function never(): AbortSignal {
  return new AbortController().signal;
}
