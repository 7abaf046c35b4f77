import type { BlockParts, Unpacked } from '../blocks/contract.ts';
import { above, type IdRange } from './bounds.ts';
import type { ByteCache } from './byte-cache.ts';
import type { PartFile } from './files.ts';
import { type Handles, Moved, type BlockPart, type ReadPart } from './handles.ts';
import type { BlockSpan } from './part.ts';
import { isBusy, rootCause } from '../../base/sqlite.ts';
import { storeError } from './sqlite.ts';

/** Blocks listed at a time. */
const LOOKAHEAD = 256;

/** The current block of a scan. */
export type ScannedBlock = {
  readonly span: BlockSpan;
  readonly parts: BlockParts;
  /**
   * Whether some of its rows were scanned already: it was merged with blocks that the scan has
   * passed.
   */
  readonly straddles: boolean;
  /**
   * Runs `work` on a snapshot of the part, so that the block cannot move while its parts are
   * fetched.
   */
  readonly atOnce: (work: () => void) => void;
  /** Runs `work` on the block after the scan has passed it; damage is reported. */
  readonly attempt: (work: () => void) => void;
};

/** What scans read from: open files, and caches of their contents. */
export type ScanSources = {
  readonly handles: Handles;
  /** Summaries and token filters. */
  readonly summaries: ByteCache;
  /** Unpacked columns. */
  readonly columns: ByteCache;
  /** Unpacked texts; absent for a scan that reads all of them, which would only evict others. */
  readonly texts?: ByteCache;
  /** Whether other scans read the blocks beside the bounds: a block across them is read in pieces. */
  readonly isRun?: boolean;
};

/**
 * Visits the blocks of one stream in order, or in reverse. Each block is found by the remaining
 * range of ids: if neighbours are merged meanwhile, the scan finds the merged block, and reports
 * that it straddles passed rows.
 */
export class Scan {
  /** The remaining bounds. */
  bounds: IdRange;
  readonly #files: PartFile[];
  readonly #newest: boolean;
  readonly #sources: ScanSources;
  readonly #handles: Handles;
  readonly #summaries: ByteCache;
  readonly #columns: ByteCache;
  readonly #texts: ByteCache | undefined;
  readonly #start: IdRange;
  #spans: BlockSpan[] = [];
  #at = 0;
  /** Id of the block that was last found to have moved. */
  #moved: number | undefined;
  /** Whether the part may have more blocks than `#spans`. */
  #more = true;

  constructor(files: readonly PartFile[], bounds: IdRange, newest: boolean, sources: ScanSources) {
    this.#files = newest ? [...files] : files.toReversed();
    this.bounds = bounds;
    this.#start = bounds;
    this.#newest = newest;
    this.#sources = sources;
    this.#handles = sources.handles;
    this.#summaries = sources.summaries;
    this.#columns = sources.columns;
    this.#texts = sources.texts;
  }

  /** The span of the next block; undefined at the end. */
  peek(): BlockSpan | undefined {
    while (this.#at >= this.#spans.length) {
      if (this.#files.length === 0 || this.bounds.low >= this.bounds.high) return undefined;
      if (this.#more) this.#lookUp();
      else this.#nextPart();
    }
    return this.#spans[this.#at];
  }

  /**
   * Calls `read` with the next block and passes it; a damaged block is reported and passed. If the
   * block has moved, nothing is passed: the next call finds the merged block.
   */
  visit(read: (block: ScannedBlock) => void): void {
    const span = this.peek();
    const file = this.#files.at(-1);
    if (!span || !file) return;
    const passed = this.bounds !== this.#start;
    const [{ low, high }, isRun] = [this.bounds, this.#sources.isRun === true];
    const straddles = isRun
      ? span.first < low || span.last >= high
      : passed && (this.#newest ? span.last >= this.bounds.high : span.first < this.bounds.low);
    const atOnce = (work: () => void): void => this.#handles.ask(file, (part) => part.atOnce(work));
    const attempt = (work: () => void): void => this.#attempt(file, span, work);
    try {
      read({ span, straddles, atOnce, attempt, parts: this.#parts(file, span) });
    } catch (error) {
      // If the block is still listed after that, it has not moved: the index is damaged.
      if (rootCause(error) instanceof Moved && this.#moved !== span.id) {
        this.#moved = span.id;
        this.#reset();
        return;
      }
      if (isBusy(error)) throw storeError(`read ${file.path}`, error);
      this.#handles.damage.report(`block ${span.id} of ${file.path}`, error);
    }
    this.#pass(span);
  }

  /**
   * Finds the block that was passed last once more, as one of which the rows outside of `bounds` were
   * scanned.
   */
  goBack(bounds: IdRange): void {
    this.bounds = bounds;
    this.#reset();
  }

  #attempt(file: PartFile, span: BlockSpan, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#handles.damage.report(`block ${span.id} of ${file.path}`, error);
    }
  }

  #pass(span: BlockSpan): void {
    const { low, high } = this.bounds;
    if (this.#newest && span.first < high) this.bounds = { low, high: span.first };
    if (!this.#newest && above(span.last) > low) this.bounds = { low: above(span.last), high };
    this.#at++;
  }

  #lookUp(): void {
    const { low, high } = this.bounds;
    const file = this.#files.at(-1)!;
    const spans = this.#handles.askSafely(file, (part) => part.spans(low, high, this.#newest, LOOKAHEAD)) ?? [];
    this.#spans = spans;
    this.#at = 0;
    this.#more = spans.length === LOOKAHEAD;
  }

  #reset(): void {
    this.#spans = [];
    this.#at = 0;
    this.#more = true;
  }

  #nextPart(): void {
    this.#files.pop();
    this.#reset();
  }

  #parts(file: PartFile, span: BlockSpan): BlockParts {
    const name = `${file.path} ${span.id} ${span.first} ${span.last} `;
    const cached = (piece: BlockPart): Uint8Array => this.#cached(name + piece, () => this.#piece(file, span, piece));
    return {
      stream: file.stream,
      get summary() {
        return cached('summary');
      },
      tokens: () => cached('tokens'),
      columns: () => this.#piece(file, span, 'columns'),
      ownText: true,
      text: () => this.#piece(file, span, 'text'),
      unpacked: cachedIn(this.#columns, name),
      ...(this.#texts && { unpackedTexts: cachedIn(this.#texts, name) }),
    };
  }

  /** Summaries and token filters are cached; a block's id always means the same bytes. */
  #cached(name: string, fetch: () => Uint8Array): Uint8Array {
    let bytes = this.#summaries.get(name);
    if (!bytes) {
      bytes = fetch();
      this.#summaries.set(name, bytes);
    }
    return bytes;
  }

  #piece(file: PartFile, span: BlockSpan, piece: BlockPart): Uint8Array {
    const bytes = this.#handles.ask(file, (part: ReadPart) => part.piece(span, piece));
    if (!bytes) throw new Moved();
    return bytes;
  }
}

function cachedIn(cache: ByteCache, name: string): Unpacked {
  return { get: (number) => cache.get(name + number), set: (number, bytes) => cache.set(name + number, bytes) };
}
