import type { Collection } from 'mongodb';
import { arrivalOf, type Position } from '../../../model/id.ts';
import { compile } from '../../../model/matches.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Group, Grouping, Query } from '../../../model/query.ts';
import {
  type Expiry,
  type StoredSequences,
  type Hold,
  HOLDS,
  type Retention,
  type RetentionEdge,
  type StoreOptions,
  type StoreReader,
  type StoreState,
  type StoreStats,
} from '../../contract.ts';
import { GroupSums } from '../../group-sums.ts';
import { mergeInOrder } from '../../merge-in-order.ts';
import { heldBefore, laterEdge, RETENTION_STATE } from '../../retention/retention.ts';
import { expiries, listCollections } from '../collections.ts';
import { mongoError, type ReaderConnection } from '../connection.ts';
import { countIn, namesIn } from './counting.ts';
import { partOf } from '../documents.ts';
import { findIn, MAX_TIME_MS } from './finding.ts';
import { HoldMarker } from '../retention/hold-marker.ts';
import { type Plan, plan } from './planning.ts';
import { Positions } from '../positions.ts';
import { answerError } from './answer-error.ts';
import { spanOf } from './span.ts';
import { MongoState } from '../state.ts';
import { Statistics } from './statistics.ts';
import { isEmpty, idRangeOf } from '../id-range.ts';

/** A collection of messages: all of a stream's, or those of one UTC day. */
type Part = { readonly collection: Collection; readonly stream: string; readonly day?: string };

/** A question as it is put to one part; to some twice, since only a hold shows what is past its `keep`. */
type Share = { readonly part: Part; readonly query: Query };

/** Answers from the collections of all streams, whichever node filled them. */
export class MongoReader implements StoreReader {
  readonly #connection: ReaderConnection;
  readonly #now: () => number;
  readonly #state: MongoState;
  readonly #positions: Positions;
  readonly #statistics: Statistics;
  #retention: Retention;
  /** Documents are whole or not there. */
  readonly damaged = 0;

  constructor(connection: ReaderConnection, options: StoreOptions) {
    this.#connection = connection;
    this.#now = options.now;
    this.#retention = options;
    this.#state = new MongoState(connection.db, options.now);
    this.#positions = new Positions(connection.db, this.#state);
    this.#statistics = new Statistics(connection.db);
  }

  async time(): Promise<number> {
    try {
      const { localTime } = await this.#connection.db.command({ hello: 1 });
      return (localTime as Date).getTime();
    } catch (error) {
      throw mongoError('ask the store for the time', error);
    }
  }

  advanceClusterTime(time: bigint): void {
    this.#connection.freshness.advance(time);
  }

  async *find(query: Query, signal: AbortSignal): AsyncGenerator<readonly LogMessage[]> {
    if (signal.aborted) return;
    const matches = compile(query.filter);
    try {
      const shares = await this.#shares(query, signal);
      const { order, limit } = query;
      const finding = { order, matches, signal, ...(limit !== undefined && { limit }) };
      const sources = chains(shares, order).map((chain) => this.#findAll(chain, finding));
      for await (const chunk of mergeInOrder(sources, query)) {
        if (signal.aborted) return;
        if (chunk.length > 0) yield chunk;
      }
    } catch (error) {
      if (!signal.aborted) throw answerError(error);
    }
  }

  /** Parts one after the other, which follow each other in time. */
  async *#findAll(
    shares: readonly Share[],
    finding: Omit<Parameters<typeof findIn>[1], 'matches'>,
  ): AsyncGenerator<readonly LogMessage[]> {
    for (const share of shares) {
      const planned = await this.#plan(share, finding.signal);
      if (planned) yield* findIn(planned, { ...finding, matches: compile(share.query.filter) });
    }
  }

  async aggregate(query: Query, grouping: Grouping, signal: AbortSignal): Promise<Group[]> {
    const sums = new GroupSums(grouping);
    const { atMost = Infinity } = grouping;
    await this.#each(query, signal, async (planned, { filter }) => {
      if (sums.size <= atMost) await countIn(planned, grouping, sums, { filter, signal });
    });
    return sums.groups();
  }

  async fieldNames(query: Query, signal: AbortSignal): Promise<{ name: string; count: number }[]> {
    const counts = new Map<string, number>();
    await this.#each(query, signal, (planned, { filter }) => namesIn(planned, counts, { filter, signal }));
    return Array.from(counts, ([name, count]) => ({ name, count }));
  }

  async #each(query: Query, signal: AbortSignal, work: (planned: Plan, query: Query) => Promise<void>): Promise<void> {
    compile(query.filter);
    try {
      for (const share of await this.#shares(query, signal)) {
        signal.throwIfAborted();
        const planned = await this.#plan(share, signal);
        if (planned) await work(planned, share.query);
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : answerError(error);
    }
  }

  async #plan({ part, query }: Share, signal: AbortSignal): Promise<Plan | undefined> {
    const nodes = query.after || query.upTo ? await this.#positions.nodes() : [];
    const range = idRangeOf(query, nodes);
    if (isEmpty(range)) return undefined;
    const asked = { filter: query.filter, range, signal };
    return await plan(part.collection, part.stream, asked, { maxTimeMS: MAX_TIME_MS });
  }

  /** What a question asks of each part, in the order of their names. */
  async #shares(query: Query, signal: AbortSignal): Promise<Share[]> {
    await this.#connection.freshness.caughtUp();
    const [entries, parts] = await Promise.all([this.state(HOLDS).scan(''), this.#parts()]);
    const holds = entries.map(({ value }) => value as Hold);
    signal.throwIfAborted();
    return parts.flatMap((part) => {
      const edge = this.#hiddenBefore(part.stream);
      const shown = { part, query: { ...query, since: Math.max(query.since ?? 0, edge) } };
      const held = heldBefore(edge, query, holds);
      return [shown, ...(held ? [{ part, query: held }] : [])].filter((share) => reaches(share));
    });
  }

  async #parts(): Promise<Part[]> {
    const { db } = this.#connection;
    const names = await listCollections(db);
    return names.map((name) => ({ collection: db.collection(name), ...partOf(name)! }));
  }

  /** What is older than this, in ms, is past its `keep`, deleted or not. */
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
        const taken = recorded.find((edge) => edge.stream === stream);
        return laterEdge(taken, await this.#hiddenEdge(stream, parts.get(stream) ?? [])) ?? [];
      });
      return (await Promise.all(edges)).flat();
    } catch (error) {
      throw answerError(error);
    }
  }

  /** Where a stream's `keep` hides something that is still there. */
  async #hiddenEdge(stream: string, parts: readonly Part[]): Promise<RetentionEdge | undefined> {
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

  async stats(): Promise<StoreStats> {
    try {
      return await this.#statistics.read();
    } catch (error) {
      throw answerError(error);
    }
  }

  async oldest(): Promise<number | undefined> {
    const query: Query = { filter: { kind: 'all' }, order: 'oldest', limit: 1 };
    for await (const [first] of this.find(query, new AbortController().signal)) return first!.received_at.getTime();
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

/** Shares of which each is in order by itself: the days of a stream follow each other, and so does what holds show. */
function chains(shares: readonly Share[], order: Query['order']): Share[][] {
  const days = Map.groupBy(
    shares.filter(({ part }) => part.day !== undefined),
    ({ part, query }) => `${part.stream} ${query.since}`,
  );
  const whole = shares.filter(({ part }) => part.day === undefined).map((share) => [share]);
  return [...whole, ...[...days.values()].map((chain) => (order === 'oldest' ? chain : chain.toReversed()))];
}

/** Whether a part's day lies in the window of time. */
function reaches({ part, query }: Share): boolean {
  if (part.day === undefined) return true;
  const first = Date.parse(part.day);
  return first < (query.until ?? Infinity) && first + DAY > (query.since ?? 0);
}

const DAY = 86_400_000;
