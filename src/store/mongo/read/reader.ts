import { neverAborted } from '../../../base/abort.ts';
import { FieldCounts } from '../../../model/fields.ts';
import { arrivalOf, type Position } from '../../../model/id.ts';
import { compile } from '../../../model/matches.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Group, Grouping, Query } from '../../../model/query.ts';
import {
  type Expiry,
  HOLDS,
  type Hold,
  type Retention,
  type RetentionEdge,
  type StoredSequences,
  type StoreOptions,
  type StoreReader,
  type StoreState,
  type StoreStats,
} from '../../contract.ts';
import { GroupSums } from '../../group-sums.ts';
import { mergeInOrder } from '../../merge-in-order.ts';
import { heldBefore, laterEdge, RETENTION_STATE } from '../../retention/retention.ts';
import { expiries, listCollections } from '../collections.ts';
import type { ReaderConnection } from '../connection.ts';
import { partOf } from '../documents.ts';
import { idRangeOf, isEmpty } from '../id-range.ts';
import { dropCommand, spareIndexes } from '../indexes.ts';
import { checkLayout } from '../layout.ts';
import { Positions } from '../positions.ts';
import { HoldMarker } from '../retention/hold-marker.ts';
import { INDEXED_FIELDS, type IndexedField } from '../settings.ts';
import { MongoState } from '../state.ts';
import { answerError } from './answer-error.ts';
import { countFieldNames, countIn } from './counting.ts';
import { findIn, MAX_TIME_MS } from './finding.ts';
import { overlapsWindow, type PartQuery, type StreamPart, sequencesOf } from './parts.ts';
import { type Plan, plan } from './planning.ts';
import { ReplySize } from './reply-size.ts';
import { spanOf } from './span.ts';
import { Statistics } from './statistics.ts';

/** Reads the collections of all streams, whichever nodes filled them. */
export class MongoReader implements StoreReader {
  readonly #connection: ReaderConnection;
  readonly #fields: readonly IndexedField[];
  readonly #now: () => number;
  readonly #state: MongoState;
  readonly #positions: Positions;
  readonly #statistics: Statistics;
  readonly #replySize = new ReplySize();
  #retention: Retention;
  #hasLayout = false;
  /** MongoDB returns no damaged documents. */
  readonly damaged = 0;

  /** @param fields those with an index */
  constructor(connection: ReaderConnection, options: StoreOptions, fields: readonly IndexedField[] = INDEXED_FIELDS) {
    this.#connection = connection;
    this.#fields = fields;
    this.#now = options.now;
    this.#retention = options;
    this.#state = new MongoState(connection.db, options.now);
    this.#positions = new Positions(connection.db, this.#state);
    this.#statistics = new Statistics(connection.db);
  }

  async time(): Promise<number> {
    return await this.#state.time();
  }

  advanceClusterTime(time: bigint): void {
    this.#connection.freshness.advance(time);
  }

  async *find(query: Query, signal: AbortSignal): AsyncGenerator<readonly LogMessage[]> {
    if (signal.aborted) return;
    const matches = compile(query.filter);
    try {
      const queries = await this.#partQueries(query, signal);
      const { order, limit } = query;
      const finding = { order, matches, signal, replySize: this.#replySize, ...(limit !== undefined && { limit }) };
      const sources = sequencesOf(queries, order).map((sequence) => this.#findAll(sequence, finding));
      for await (const chunk of mergeInOrder(sources, query)) {
        if (signal.aborted) return;
        if (chunk.length > 0) yield chunk;
      }
    } catch (error) {
      if (!signal.aborted) throw answerError(error);
    }
  }

  /** Reads parts one after the other. */
  async *#findAll(
    queries: readonly PartQuery[],
    finding: Omit<Parameters<typeof findIn>[1], 'matches'>,
  ): AsyncGenerator<readonly LogMessage[]> {
    for (const each of queries) {
      const planned = await this.#plan(each, finding.signal);
      if (planned) yield* findIn(planned, { ...finding, matches: compile(each.query.filter) });
    }
  }

  async aggregate(query: Query, grouping: Grouping, signal: AbortSignal): Promise<Group[]> {
    const sums = new GroupSums(grouping);
    await this.#each(query, signal, async (planned, { filter }) => {
      if (!sums.full) await countIn(planned, grouping, sums, { filter, signal });
    });
    return sums.groups();
  }

  async fieldNames(query: Query, signal: AbortSignal, atMost?: number): Promise<{ name: string; count: number }[]> {
    const counts = new FieldCounts(atMost);
    await this.#each(query, signal, (planned, { filter }) => countFieldNames(planned, counts, { filter, signal }));
    return counts.names();
  }

  async #each(query: Query, signal: AbortSignal, work: (planned: Plan, query: Query) => Promise<void>): Promise<void> {
    compile(query.filter);
    try {
      for (const each of await this.#partQueries(query, signal)) {
        signal.throwIfAborted();
        const planned = await this.#plan(each, signal);
        if (planned) await work(planned, each.query);
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : answerError(error);
    }
  }

  async #plan({ part, query }: PartQuery, signal: AbortSignal): Promise<Plan | undefined> {
    const nodes = query.after || query.upTo ? await this.#positions.nodes() : [];
    const range = idRangeOf(query, nodes);
    if (isEmpty(range)) return undefined;
    const request = { filter: query.filter, range, limit: query.limit, signal };
    const limits = { maxTimeMS: MAX_TIME_MS, fields: this.#fields };
    return await plan(part.collection, part.stream, request, limits);
  }

  /** The query on each part, in the order of the collections' names. */
  async #partQueries(query: Query, signal: AbortSignal): Promise<PartQuery[]> {
    await this.#connection.freshness.caughtUp();
    this.#hasLayout ||= await checkLayout(this.#connection.db, this.#state);
    const [entries, parts] = await Promise.all([this.state(HOLDS).scan(''), this.#parts()]);
    const holds = entries.map(({ value }) => value as Hold);
    signal.throwIfAborted();
    return parts.flatMap((part) => {
      const edge = this.#hiddenBefore(part.stream);
      const shown = { part, query: { ...query, since: Math.max(query.since ?? 0, edge) } };
      const pinned = heldBefore(edge, query, holds);
      return [shown, ...(pinned ? [{ part, query: pinned }] : [])].filter(overlapsWindow);
    });
  }

  async #parts(): Promise<StreamPart[]> {
    const { db } = this.#connection;
    const names = await listCollections(db);
    return names.map((name) => ({ collection: db.collection(name), ...partOf(name)! }));
  }

  /** Messages that arrived before this are past their `keep`, deleted or not, ms. */
  #hiddenBefore(stream: string): number {
    const keep = this.#retention.streams.find(({ name }) => name === stream)?.keep ?? Infinity;
    return Math.max(0, this.#now() - keep);
  }

  setRetention(retention: Retention): void {
    this.#retention = retention;
  }

  async pinHeld(): Promise<void> {
    await new HoldMarker(this.#connection.db, this.#state).refresh(this.#now());
  }

  async retentionEdges(): Promise<RetentionEdge[]> {
    try {
      const recorded = (await this.state(RETENTION_STATE).scan('')).map(({ value }) => value as RetentionEdge);
      const parts = Map.groupBy(await this.#parts(), ({ stream }) => stream);
      const streams = new Set([...parts.keys(), ...recorded.map(({ stream }) => stream)]);
      const edges = Array.from(streams, async (stream) => {
        const deleted = recorded.find((edge) => edge.stream === stream);
        return laterEdge(deleted, await this.#hiddenEdge(stream, parts.get(stream) ?? [])) ?? [];
      });
      return (await Promise.all(edges)).flat();
    } catch (error) {
      throw answerError(error);
    }
  }

  /**
   * Until when a stream's `keep` hides messages that are not deleted yet; undefined if it hides
   * none.
   */
  async #hiddenEdge(stream: string, parts: readonly StreamPart[]): Promise<RetentionEdge | undefined> {
    const until = this.#hiddenBefore(stream);
    if (until === 0) return undefined;
    for (const { collection } of parts) {
      const span = await spanOf(collection);
      if (span && arrivalOf(span.first) < until) return { stream, until, why: 'keep' };
    }
    return undefined;
  }

  async expiries(): Promise<Expiry[]> {
    return await expiries(this.#connection.db);
  }

  async spareIndexes(): Promise<string[]> {
    const { db } = this.#connection;
    const spare = await spareIndexes(db, await listCollections(db), this.#fields);
    return spare.map((each) => dropCommand(db.databaseName, each));
  }

  async stats(): Promise<StoreStats> {
    try {
      return await this.#statistics.read();
    } catch (error) {
      throw answerError(error);
    }
  }

  async oldest(): Promise<number | undefined> {
    const query: Query = { filter: { kind: 'all' }, order: 'oldest', limit: 1 };
    for await (const [first] of this.find(query, neverAborted())) return first!.received_at.getTime();
    return undefined;
  }

  safe(node: number): Promise<Position | undefined> {
    return this.#positions.safe(node);
  }

  async storedAfter(position: Position): Promise<StoredSequences> {
    await this.#connection.freshness.caughtUp().catch((error: unknown) => {
      throw answerError(error);
    });
    return await this.#positions.storedAfter(position);
  }

  state(namespace: string): StoreState {
    return this.#state.namespace(namespace);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }
}
