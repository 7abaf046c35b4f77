import { neverAborted } from '../../base/abort.ts';
import { type Logger, SILENT } from '../../base/log.ts';
import { FieldCounts } from '../../model/fields.ts';
import { arrivalOf, decodeId, type Position } from '../../model/id.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Group, Grouping, Query } from '../../model/query.ts';
import type { BlockSearch } from '../blocks/contract.ts';
import {
  compileFieldCounts,
  compileSearch,
  createGroupCounts,
  type SequenceRun,
  sequencesOf,
} from '../blocks/index.ts';
import {
  type StoredSequences,
  type Hold,
  HOLDS,
  type Retention,
  type RetentionEdge,
  type StoreOptions,
  type StoreReader,
  type StoreState,
  type StoreStats,
} from '../contract.ts';
import { heldBefore, laterEdge, RETENTION_STATE } from '../retention/retention.ts';
import { boundsOf, type IdRange, partsWithin } from './bounds.ts';
import { ByteCache } from './byte-cache.ts';
import { Counting, type CountShare } from './count/counting.ts';
import { storedAbove } from './stored-sequences.ts';
import { lostParts } from './part-list.ts';
import { endOfDay, listParts, listStreams, type PartFile, stateFile, storeFolder } from './files.ts';
import { Damage, Handles } from './handles.ts';
import { mergeSearches, StreamSearch } from './stream-search.ts';
import { bytesOnDisk, diskOf } from './sqlite.ts';
import { knownNodes, STORE_STATE, StateFile, safeKey } from './state.ts';
import { Yielder } from './yielder.ts';
import { Scan, type ScanSources } from './scan.ts';
import { ScanThreads } from './count/scan-threads.ts';
import { type ReadBlock, visitBlocks } from './visit-blocks.ts';

/** Bytes of cached summaries and token filters, enough for some 9 million messages. */
const SUMMARY_BYTES = 24 << 20;
/** Bytes of cached unpacked columns, enough for counts and filters over some 4 million messages. */
const COLUMN_BYTES = 24 << 20;
/**
 * Bytes of cached unpacked texts, of some 120,000 messages: the newest messages are searched again
 * and again.
 */
const TEXT_BYTES = 16 << 20;

/** The part of a question that one stream answers. */
type StreamShare = Omit<CountShare, 'file'> & {
  readonly files: readonly PartFile[];
  readonly scan: Scan;
  readonly search: BlockSearch;
};

/** Answers questions from the files as they are, beside a writer and any number of readers. */
export class EmbeddedReader implements StoreReader {
  readonly #root: string;
  readonly #options: StoreOptions;
  #retention: Retention;
  readonly #damage: Damage;
  readonly #handles: Handles;
  readonly #summaries = new ByteCache(SUMMARY_BYTES);
  readonly #columns = new ByteCache(COLUMN_BYTES);
  readonly #texts = new ByteCache(TEXT_BYTES);
  readonly #state: StateFile;
  readonly #threads = new ScanThreads();

  constructor(options: StoreOptions) {
    const log: Logger = options.log ?? SILENT;
    this.#options = options;
    this.#retention = options;
    this.#root = storeFolder(options.folder);
    this.#damage = new Damage(log);
    this.#handles = new Handles(this.#damage);
    this.#state = new StateFile(stateFile(options.folder), options.now);
  }

  async *find(query: Query, signal: AbortSignal): AsyncGenerator<readonly LogMessage[]> {
    const limit = query.limit ?? Infinity;
    // A search without a limit would only evict everything from the cache.
    const texts = query.limit === undefined ? undefined : this.#texts;
    const shares = this.#shares(query, query.order === 'newest', texts);
    const searches = shares.map((share) => new StreamSearch(share.scan, share.search, share.query));
    yield* mergeSearches(searches, { newest: query.order === 'newest', limit, signal });
  }

  async aggregate(query: Query, grouping: Grouping, signal: AbortSignal): Promise<Group[]> {
    const counts = createGroupCounts(grouping);
    const to = { counts, sources: this.#sources(), threads: this.#threads, since: performance.now() };
    for (const { files, ...share } of this.#shares(query, true)) {
      for (const file of files.toReversed()) {
        signal.throwIfAborted();
        if (!counts.full) await new Counting({ ...share, file }, grouping, to).run(signal);
      }
    }
    return counts.groups();
  }

  async safe(node: number): Promise<Position | undefined> {
    const entry = this.#state.get(STORE_STATE, safeKey(node));
    return entry && decodeId(entry.value as string);
  }

  async storedAfter(position: Position): Promise<StoredSequences> {
    const runs: SequenceRun[] = [];
    const read: ReadBlock = (parts) => {
      runs.push(...sequencesOf(parts));
      return undefined;
    };
    const query: Query = { filter: { kind: 'all' }, since: position.receivedAt, order: 'oldest' };
    await this.#visitAll(query, () => read, neverAborted());
    return storedAbove(position, runs);
  }

  async fieldNames(query: Query, signal: AbortSignal, atMost?: number): Promise<{ name: string; count: number }[]> {
    const names = new FieldCounts(atMost);
    const compile = (narrowed: Query): ReadBlock => {
      const count = compileFieldCounts(narrowed);
      return (parts) => count(parts, names);
    };
    await this.#visitAll(query, compile, signal);
    return names.names();
  }

  /**
   * Newest first, so that the query's `before` can exclude the scanned rows of a block that was
   * merged meanwhile.
   */
  async #visitAll(query: Query, compile: (query: Query) => ReadBlock, signal: AbortSignal): Promise<void> {
    const yielder = new Yielder();
    for (const { scan, ...share } of this.#shares(query, true)) {
      for (const _ of visitBlocks(scan, { ...share, compile })) {
        signal.throwIfAborted();
        if (yielder.due()) await yielder.yield();
      }
    }
  }

  /** A share for each stream, and a second one for expired messages that only a hold still shows. */
  #shares(query: Query, newest: boolean, texts?: ByteCache): StreamShare[] {
    this.#handles.refresh();
    const nodes = knownNodes(this.#state);
    const holds = this.#state.scan(HOLDS, '').map(({ value }) => value as Hold);
    this.#reportLost(boundsOf(query, nodes));
    const searches = new Map<string, Omit<StreamShare, 'scan' | 'files'>>();
    const share = (stream: string, narrowed: Query, kind: string): StreamShare => {
      const made = searches.get(kind) ?? {
        query: narrowed,
        search: compileSearch(narrowed),
        bounds: boundsOf(narrowed, nodes),
      };
      searches.set(kind, made);
      const files = partsWithin(listParts(this.#root, stream), made.bounds);
      return { ...made, files, scan: new Scan(files, made.bounds, newest, this.#sources(texts)) };
    };
    return listStreams(this.#root).flatMap((stream) => {
      const edge = this.#hiddenBefore(stream);
      const shown = { ...query, since: Math.max(query.since ?? 0, edge) };
      const held = heldBefore(edge, query, holds);
      return [share(stream, shown, `${edge}`), ...(held ? [share(stream, held, `held ${edge}`)] : [])];
    });
  }

  #sources(texts?: ByteCache): ScanSources {
    const sources = { handles: this.#handles, summaries: this.#summaries, columns: this.#columns };
    return { ...sources, ...(texts && { texts }) };
  }

  /** Reports parts of these days that had messages and are gone. */
  #reportLost(bounds: IdRange): void {
    for (const { path, stream, day } of lostParts(this.#state, this.#root, bounds)) {
      if (endOfDay(day) <= this.#hiddenBefore(stream)) continue;
      this.#damage.report(path, new Error('the file is missing or empty'));
    }
  }

  /** Messages that arrived before this (ms) are past their `keep`, deleted or not. */
  #hiddenBefore(stream: string): number {
    const keep = this.#retention.streams.find(({ name }) => name === stream)?.keep ?? Infinity;
    return Math.max(0, this.#options.now() - keep);
  }

  setRetention(retention: Retention): void {
    this.#retention = retention;
  }

  async retentionEdges(): Promise<RetentionEdge[]> {
    this.#handles.refresh();
    const recorded = this.#state.scan(RETENTION_STATE, '').map(({ value }) => value as RetentionEdge);
    const streams = new Set([...listStreams(this.#root), ...recorded.map(({ stream }) => stream)]);
    return [...streams].flatMap((stream) => {
      const deleted = recorded.find((edge) => edge.stream === stream);
      return laterEdge(deleted, this.#hiddenEdge(stream)) ?? [];
    });
  }

  /** The edge before which a stream's `keep` hides messages that are not deleted yet. */
  #hiddenEdge(stream: string): RetentionEdge | undefined {
    const until = this.#hiddenBefore(stream);
    const [file] = listParts(this.#root, stream);
    const [span] = (file && this.#handles.askSafely(file, (part) => part.spans('', 'g', false, 1))) ?? [];
    if (!span || arrivalOf(span.first) >= until) return undefined;
    return { stream, until, why: 'keep' };
  }

  async stats(): Promise<StoreStats> {
    this.#handles.refresh();
    const parts = this.#parts().map((file) => ({ file, bytes: bytesOnDisk(file.path), totals: this.#totals(file) }));
    const days = [...Map.groupBy(parts, ({ file }) => `${file.stream} ${file.day}`).values()].map((together) => ({
      stream: together[0]!.file.stream,
      day: together[0]!.file.day,
      messages: together.reduce((sum, { totals }) => sum + totals.messages, 0),
      rawBytes: together.reduce((sum, { totals }) => sum + totals.rawBytes, 0),
      storedBytes: together.reduce((sum, { bytes }) => sum + bytes, 0),
    }));
    const disk = diskOf(this.#root);
    return { kind: 'embedded', days, damaged: this.#damage.count, ...(disk && { disk }) };
  }

  get damaged(): number {
    return this.#damage.count;
  }

  #parts(): PartFile[] {
    return listStreams(this.#root).flatMap((stream) => listParts(this.#root, stream));
  }

  #totals(file: PartFile): { messages: number; rawBytes: number } {
    return this.#handles.askSafely(file, (part) => part.totals()) ?? { messages: 0, rawBytes: 0 };
  }

  async oldest(): Promise<number | undefined> {
    const times = this.#shares({ filter: { kind: 'all' }, order: 'oldest' }, false).flatMap(({ scan, query }) => {
      const first = scan.peek()?.first;
      return first === undefined ? [] : [Math.max(query.since ?? 0, arrivalOf(first))];
    });
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  state(namespace: string): StoreState {
    return this.#state.namespace(namespace);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#threads[Symbol.dispose]();
    this.#handles[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}
