import { type MessageBatch, SPAN, SPANS } from '../../model/batch.ts';
import { SpanDictionary } from './dictionary.ts';
import { MAX_ROWS } from './format.ts';

/** The rows of a batch that become a block. */
export type Rows = {
  readonly batch: MessageBatch;
  /** Row numbers of the batch in ascending order of id. */
  readonly rows: Uint32Array;
  /** The nodes of all rows of the batch where they differ; otherwise `batch.node` is the node of each. */
  readonly nodes?: Uint16Array;
};

/** Which row goes to which place: grouped by kind, in order of rows within one. Reused from block to block. */
export class Layout {
  readonly apps = new SpanDictionary();
  /** Kinds in ascending order of app, then of priority. */
  kinds = 0;
  readonly kindApp = new Uint16Array(MAX_ROWS);
  readonly kindPriority = new Uint8Array(MAX_ROWS);
  /** Row → kind. */
  readonly kindOf = new Uint16Array(MAX_ROWS);
  /** Place → row number of the batch. */
  readonly placed = new Uint32Array(MAX_ROWS);
  /** App * 256 + priority → kind + 1; only what a block uses is ever touched, and reset afterwards. */
  readonly #known = new Uint16Array(MAX_ROWS * 256);
  readonly #keys = new Uint32Array(MAX_ROWS);
  readonly #counts = new Uint32Array(MAX_ROWS);
  readonly #ranks = new Uint16Array(MAX_ROWS);

  group({ batch, rows }: Rows, view: DataView): void {
    this.#findKinds(batch, rows, view);
    this.#sortKinds();
    let start = 0;
    for (let kind = 0; kind < this.kinds; kind++) {
      const size = this.#counts[kind]!;
      this.#counts[kind] = start;
      start += size;
    }
    for (let i = 0; i < rows.length; i++) {
      const kind = this.#ranks[this.kindOf[i]!]!;
      this.kindOf[i] = kind;
      this.placed[this.#counts[kind]!++] = rows[i]!;
    }
  }

  #findKinds(batch: MessageBatch, rows: Uint32Array, view: DataView): void {
    const { offsets, lengths, priority } = batch;
    this.apps.begin(view);
    this.#counts.fill(0);
    let kinds = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const span = row * SPANS + SPAN.appname;
      const key = this.apps.idOf(offsets[span]!, lengths[span]!) * 256 + priority[row]!;
      let kind = this.#known[key]!;
      if (kind === 0) {
        this.#keys[kinds] = key;
        kind = ++kinds;
        this.#known[key] = kind;
      }
      this.kindOf[i] = kind - 1;
      this.#counts[kind - 1]!++;
    }
    this.kinds = kinds;
  }

  /** Numbers the kinds anew in order of their keys, and their counts with them. */
  #sortKinds(): void {
    const keys = this.#keys.subarray(0, this.kinds).sort();
    const counts = this.#counts.slice(0, this.kinds);
    for (let rank = 0; rank < this.kinds; rank++) {
      const key = keys[rank]!;
      const kind = this.#known[key]! - 1;
      this.#known[key] = 0;
      this.#ranks[kind] = rank;
      this.#counts[rank] = counts[kind]!;
      this.kindApp[rank] = key >>> 8;
      this.kindPriority[rank] = key & 255;
    }
  }
}
