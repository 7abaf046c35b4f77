import type { BlockParts, Unpacked } from '../blocks/contract.ts';
import { above, type Bounds } from './bounds.ts';
import type { ByteCache } from './byte-cache.ts';
import type { PartFile } from './files.ts';
import { type Handles, Moved, type Piece, type ReadPart } from './handles.ts';
import type { Span } from './part.ts';
import { isBusy, rootCause } from '../../base/sqlite.ts';
import { storeError } from './sqlite.ts';

/** Blocks looked up at a time. */
const LOOKAHEAD = 256;

/** A block that a walk has come to. */
export type ScannedBlock = {
  readonly span: Span;
  readonly parts: BlockParts;
  /** Whether rows of it lie outside of what is left: it was merged with blocks that the walk had passed. */
  readonly straddles: boolean;
  /** Fetches what `work` asks of the block as of one moment, so that it cannot move halfway. */
  readonly atOnce: (work: () => void) => void;
};

/** What walks read from: the open files, and what is kept of them in memory. */
export type ScanSources = {
  readonly handles: Handles;
  /** Summaries and token filters. */
  readonly glances: ByteCache;
  /** Unpacked columns. */
  readonly columns: ByteCache;
  /** Unpacked texts; absent for who goes through all of them, once. */
  readonly texts?: ByteCache;
};

/**
 * One stream's blocks in order, or in reverse, each found by the range of ids that is left: where neighbours were
 * merged meanwhile, the walk comes to the merged block and says that a piece of it has been passed.
 */
export class Scan {
  /** What is left of the bounds. */
  bounds: Bounds;
  readonly #files: PartFile[];
  readonly #newest: boolean;
  readonly #handles: Handles;
  readonly #glances: ByteCache;
  readonly #columns: ByteCache;
  readonly #texts: ByteCache | undefined;
  readonly #start: Bounds;
  #spans: Span[] = [];
  #at = 0;
  /** The block that was last found to have moved. */
  #moved: number | undefined;
  /** Whether the part may have more than `#spans`. */
  #more = true;

  constructor(files: readonly PartFile[], bounds: Bounds, newest: boolean, from: ScanSources) {
    this.#files = newest ? [...files] : files.toReversed();
    this.bounds = bounds;
    this.#start = bounds;
    this.#newest = newest;
    this.#handles = from.handles;
    this.#glances = from.glances;
    this.#columns = from.columns;
    this.#texts = from.texts;
  }

  /** The span of the next block; undefined at the end. */
  peek(): Span | undefined {
    while (this.#at >= this.#spans.length) {
      if (this.#files.length === 0 || this.bounds.low >= this.bounds.high) return undefined;
      if (this.#more) this.#lookUp();
      else this.#nextPart();
    }
    return this.#spans[this.#at];
  }

  /**
   * Shows the next block to `look` and passes it; a damaged one is reported, and passed, too. Where the block has
   * moved, nothing is passed: the next call finds it where it is now.
   */
  visit(look: (found: ScannedBlock) => void): void {
    const span = this.peek();
    const file = this.#files.at(-1);
    if (!span || !file) return;
    const passed = this.bounds !== this.#start;
    const straddles = passed && (this.#newest ? span.last >= this.bounds.high : span.first < this.bounds.low);
    const atOnce = (work: () => void): void => this.#handles.ask(file, (part) => part.atOnce(work));
    try {
      look({ span, straddles, atOnce, parts: this.#parts(file, span) });
    } catch (error) {
      // A block that is still listed after that has not moved: the list is damaged.
      if (rootCause(error) instanceof Moved && this.#moved !== span.id) {
        this.#moved = span.id;
        this.#forget();
        return;
      }
      if (isBusy(error)) throw storeError(`read ${file.path}`, error);
      this.#handles.damage.report(`block ${span.id} of ${file.path}`, error);
    }
    this.#pass(span);
  }

  #pass(span: Span): void {
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

  #forget(): void {
    this.#spans = [];
    this.#at = 0;
    this.#more = true;
  }

  #nextPart(): void {
    this.#files.pop();
    this.#forget();
  }

  #parts(file: PartFile, span: Span): BlockParts {
    const name = `${file.path} ${span.id} ${span.first} ${span.last} `;
    const glance = (piece: Piece): Uint8Array => this.#glance(name + piece, () => this.#piece(file, span, piece));
    return {
      stream: file.stream,
      get summary() {
        return glance('summary');
      },
      tokens: () => glance('tokens'),
      columns: () => this.#piece(file, span, 'columns'),
      text: () => this.#piece(file, span, 'text'),
      unpacked: keptIn(this.#columns, name),
      ...(this.#texts && { unpackedTexts: keptIn(this.#texts, name) }),
    };
  }

  /** What skips blocks is kept in memory: a block's id always means the same bytes. */
  #glance(name: string, fetch: () => Uint8Array): Uint8Array {
    let bytes = this.#glances.get(name);
    if (!bytes) {
      bytes = fetch();
      this.#glances.set(name, bytes);
    }
    return bytes;
  }

  #piece(file: PartFile, span: Span, piece: Piece): Uint8Array {
    const bytes = this.#handles.ask(file, (part: ReadPart) => part.piece(span, piece));
    if (!bytes) throw new Moved();
    return bytes;
  }
}

function keptIn(cache: ByteCache, name: string): Unpacked {
  return { get: (number) => cache.get(name + number), set: (number, bytes) => cache.set(name + number, bytes) };
}
