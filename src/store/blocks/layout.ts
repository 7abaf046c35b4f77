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
  readonly hosts = new SpanDictionary();
  readonly procids = new SpanDictionary();
  readonly msgids = new SpanDictionary();
  /** Kinds in ascending order of app, then of priority. */
  kinds = 0;
  /** Kind → number of its app among `apps`, as they are written. */
  readonly kindApp = new Int32Array(MAX_ROWS);
  readonly kindPriority = new Uint8Array(MAX_ROWS);
  /** Row of the block → kind. */
  readonly kindOf = new Int32Array(MAX_ROWS);
  /** Place → row of the block, and → row of the batch. */
  readonly rows = new Uint16Array(MAX_ROWS);
  readonly placed = new Uint32Array(MAX_ROWS);
  /** App * 256 + priority → kind + 1; only what a block uses is ever touched, and reset afterwards. */
  readonly #known = new Uint16Array(MAX_ROWS * 256);
  readonly #keys = new Uint32Array(MAX_ROWS);
  readonly #counts = new Uint32Array(MAX_ROWS);
  readonly #ranks = new Uint16Array(MAX_ROWS);
  readonly #kindRows = new Uint16Array(MAX_ROWS);

  group({ batch, rows }: Rows, view: DataView): void {
    for (const dictionary of [this.apps, this.hosts, this.procids, this.msgids]) dictionary.begin(view);
    this.#read(batch, rows);
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
      const place = this.#counts[kind]!++;
      this.rows[place] = i;
      this.placed[place] = rows[i]!;
    }
  }

  /** Takes all short spans of a row at once: they lie side by side, and rows one after the other. */
  #read(batch: MessageBatch, rows: Uint32Array): void {
    const { offsets, lengths, priority } = batch;
    this.#counts.fill(0);
    let kinds = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const span = row * SPANS;
      this.hosts.add(i, offsets[span + SPAN.hostname]!, lengths[span + SPAN.hostname]!);
      const app = this.apps.add(i, offsets[span + SPAN.appname]!, lengths[span + SPAN.appname]!);
      this.procids.add(i, offsets[span + SPAN.procid]!, lengths[span + SPAN.procid]!);
      this.msgids.add(i, offsets[span + SPAN.msgid]!, lengths[span + SPAN.msgid]!);
      const key = app * 256 + priority[row]!;
      let kind = this.#known[key]!;
      if (kind === 0) {
        this.#keys[kinds] = key;
        this.#kindRows[kinds] = i;
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
    const firstRows = new Uint16Array(this.kinds);
    for (let rank = 0; rank < this.kinds; rank++) {
      const key = keys[rank]!;
      const kind = this.#known[key]! - 1;
      this.#known[key] = 0;
      this.#ranks[kind] = rank;
      this.#counts[rank] = counts[kind]!;
      firstRows[rank] = this.#kindRows[kind]!;
      this.kindPriority[rank] = key & 255;
    }
    // The kinds stand in order of their apps, so a row of each kind names all apps in the order of their kinds.
    this.apps.place(firstRows, this.kindApp);
  }
}
