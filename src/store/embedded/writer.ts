import { reasonOf } from '../../base/errors.ts';
import { DiskReserve, isDiskFull } from '../../base/machine/disk-reserve.ts';
import { fault } from '../../base/fault.ts';
import { type Logger, SILENT } from '../../base/log.ts';
import type { MessageBatch } from '../../model/batch.ts';
import { arrivalOf, decodeId, idOf, type Position } from '../../model/id.ts';
import type { EncodedBlock } from '../blocks/contract.ts';
import { encodeBlock } from '../blocks/index.ts';
import type {
  ExpireReport,
  StoredSequences,
  Retention,
  StateChange,
  StateRecovery,
  StoreOptions,
  StoreState,
  StoreWriter,
} from '../contract.ts';
import { checkStreamName, listStreams, stateFile, storeFolder } from './files.ts';
import { StoredRuns, storedAfter } from './stored-sequences.ts';
import { mergePart, releaseBlock } from './merge-part.ts';
import type { Part } from './part.ts';
import { PartList } from './part-list.ts';
import { insertRows } from './insert-rows.ts';
import { EmbeddedRetention } from './retention.ts';
import { groupRows } from './group-rows.ts';
import { knownNodes, nodeKey, STORE_STATE, StateFile, safeKey } from './state.ts';
import { StateCopies } from './state-copies.ts';
import { recoverState } from './state-recovery.ts';
import { Stream } from './stream.ts';

const GIB = 1 << 30;
const NONE_STORED = new StoredRuns([]);
/** Blocks in one transaction; more bring nothing. */
const BLOCKS_PER_COMMIT = 4;
/** How long nothing is merged after the disk had no room for it, ms. */
const MERGE_PAUSE = 60_000;

type Work = { readonly stream: Stream; readonly block: EncodedBlock };
type Waiting = {
  readonly work: readonly Work[];
  readonly resolve: () => void;
  readonly reject: (why: unknown) => void;
};

/** The only writer of a data folder; SQLite runs synchronously, on the caller's thread. */
export class EmbeddedWriter implements StoreWriter {
  readonly #root: string;
  readonly #log: Logger;
  readonly #state: StateFile;
  readonly #copies: StateCopies;
  readonly #parts: PartList;
  readonly #retention: EmbeddedRetention;
  readonly #reserve: DiskReserve;
  readonly #streams = new Map<string, Stream>();
  /** `_id` of the last row of each stream, including rows that wait for their commit. */
  readonly #last = new Map<string, string>();
  readonly #nodes = new Set<number>();
  #waiting: Waiting[] = [];
  #waitingBlocks = 0;
  #latest = 0;
  /** No block is merged before this, on performance.now(). */
  #mergeAfter = 0;
  readonly recovered: StateRecovery | undefined;

  /**
   * @throws CordwoodError ERR_DATA_VERSION if a newer version wrote a file that is needed for
   * writing
   */
  constructor(options: StoreOptions) {
    const { folder, streams, log = SILENT } = options;
    this.#root = storeFolder(folder);
    this.#reserve = new DiskReserve(folder);
    this.#log = log;
    const path = stateFile(folder);
    this.recovered = this.#reserve.spend(() => recoverState(path, this.#root, options.now(), log));
    this.#state = new StateFile(path, options.now);
    this.#copies = new StateCopies(this.#state, log);
    this.#parts = new PartList(this.#state, listStreams(this.#root), this.recovered !== undefined);
    this.#retention = new EmbeddedRetention(options, this.#state, this.#parts);
    try {
      this.#reserve.spend(() => this.#openAll(streams));
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  #openAll(streams: StoreOptions['streams']): void {
    this.#state.open();
    for (const node of this.recovered?.nodes ?? []) this.#registerNode(node);
    for (const { name } of streams) checkStreamName(name);
    for (const name of listStreams(this.#root)) {
      this.#stream(name).openRecent();
      this.#latest = Math.max(this.#latest, arrivalOfLast(this.#last.get(name)!));
    }
  }

  #close(): void {
    for (const stream of this.#streams.values()) stream[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }

  /**
   * Encodes blocks before it returns; batches inserted before the next turn of the event loop share
   * a commit.
   */
  async insert(batch: MessageBatch): Promise<void> {
    if (batch.count === 0) return;
    this.#registerNode(batch.node);
    const work: Work[] = [];
    for (const { stream: name, rows } of groupRows(batch)) {
      const stream = this.#stream(name);
      if (batch.id(rows[0]!) <= (this.#last.get(name) ?? '')) {
        this.#insertAmong(stream, batch, rows);
        continue;
      }
      const block = encodeBlock(batch, rows);
      work.push({ stream, block });
      this.#last.set(name, block.last);
    }
    this.#latest = Math.max(this.#latest, batch.receivedAt[batch.count - 1]!);
    if (work.length > 0) await this.#wait(work);
  }

  /** A node is registered before its first row: a cursor that names all nodes can then start later. */
  #registerNode(node: number): void {
    if (this.#nodes.has(node)) return;
    if (!this.#state.get(STORE_STATE, nodeKey(node))) this.#state.put(STORE_STATE, nodeKey(node), node);
    this.#nodes.add(node);
  }

  #stream(name: string): Stream {
    let stream = this.#streams.get(name);
    if (!stream) {
      checkStreamName(name);
      const partBytes = (): number => this.#retention.partBytes(name, GIB);
      stream = new Stream({ root: this.#root, stream: name, partBytes, log: this.#log });
      this.#streams.set(name, stream);
      this.#last.set(name, stream.last);
    }
    return stream;
  }

  /**
   * Inserts rows that are not above all rows of their stream: sent again after a crash, or from a
   * restored spool.
   */
  #insertAmong(stream: Stream, batch: MessageBatch, rows: Uint32Array): void {
    this.#commit();
    insertRows(stream, batch, rows, this.#log);
    this.#retention.invalidate();
    this.#last.set(stream.name, stream.last);
  }

  #wait(work: readonly Work[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ work, resolve, reject });
    if (this.#waitingBlocks === 0) setImmediate(() => this.#commit());
    this.#waitingBlocks += work.length;
    if (this.#waitingBlocks >= BLOCKS_PER_COMMIT) this.#commit();
    return promise;
  }

  /**
   * Commits all waiting blocks, one transaction for each part; if one fails, all callers get the
   * error and retry.
   */
  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBlocks = 0;
    try {
      for (const [stream, works] of Map.groupBy(
        waiting.flatMap(({ work }) => work),
        ({ stream }) => stream,
      )) {
        this.#append(
          stream,
          works.map(({ block }) => block),
        );
      }
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      if (isDiskFull(error)) this.#reserve.letGo();
      for (const stream of this.#streams.values()) this.#rereadLast(stream);
      for (const { reject } of waiting) reject(error);
    }
  }

  /**
   * After a failed commit. A stream that cannot be read either keeps its last id: too high only
   * costs time.
   */
  #rereadLast(stream: Stream): void {
    try {
      this.#last.set(stream.name, stream.last);
    } catch (error) {
      this.#log.warn(`cannot look up the last row of stream ${stream.name}: ${reasonOf(error)}`);
    }
  }

  #append(stream: Stream, blocks: readonly EncodedBlock[]): void {
    for (const [part, together] of Map.groupBy(blocks, (block) => stream.partToAppend(block.first))) {
      stream.write(part, together);
      together.forEach(releaseBlock);
    }
  }

  async makeSafe(position: Position, entries: readonly StateChange[] = []): Promise<void> {
    this.#commit();
    for (const stream of this.#streams.values()) stream.makeSafe();
    fault('safe');
    const lists = this.#parts.adding(this.#streams.values());
    const safe = { namespace: STORE_STATE, key: safeKey(position.node), value: idOf(position) };
    this.#parts.save(lists, [safe, ...entries]);
  }

  async safe(node: number): Promise<Position | undefined> {
    const entry = this.#state.get(STORE_STATE, safeKey(node));
    return entry && decodeId(entry.value as string);
  }

  async storedAfter(position: Position): Promise<StoredSequences> {
    this.#commit();
    if (!knownNodes(this.#state).includes(position.node)) return NONE_STORED;
    return storedAfter(position, [...this.#streams.values()], this.#log);
  }

  async maintain(budgetMs: number): Promise<boolean> {
    this.#commit();
    this.#retention.recordRest();
    if (performance.now() < this.#mergeAfter) return false;
    const end = performance.now() + budgetMs;
    for (const stream of this.#streams.values()) {
      for (const part of stream.openParts) {
        while (part.mergeable) {
          if (performance.now() >= end) return true;
          if (!this.#merge(stream, part)) return false;
        }
      }
    }
    return false;
  }

  /** @returns false if the disk has no room for it: merging only saves space later, and can wait */
  #merge(stream: Stream, part: Part): boolean {
    try {
      mergePart(stream, part, this.#log);
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#mergeAfter = performance.now() + MERGE_PAUSE;
      return false;
    }
  }

  async expire(now: number): Promise<ExpireReport> {
    this.#commit();
    const report = this.#retention.expire([...this.#streams.values()], now);
    this.#copies.copy(now, this.#retention.holds);
    return report;
  }

  setRetention(retention: Retention): void {
    for (const { name } of retention.streams) checkStreamName(name);
    this.#retention.retention = retention;
  }

  async latest(): Promise<number> {
    return this.#latest;
  }

  state(namespace: string): StoreState {
    return this.#state.namespace(namespace);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#commit();
    this.#close();
  }
}

function arrivalOfLast(id: string): number {
  return id === '' ? 0 : arrivalOf(id);
}
