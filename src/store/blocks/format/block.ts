import { ABSENT, type MessageBatch } from '../../../model/batch.ts';
import type { LogMessage, Source } from '../../../model/message.ts';
import { messageOf } from '../../../model/row-message.ts';
import { BlockTexts } from './block-texts.ts';
import { ByteReader } from './bytes.ts';
import { ColumnsReader } from './columns.ts';
import type { BlockParts } from '../contract.ts';
import { Dictionary } from './dictionary.ts';
import { COLUMN, FORMAT_1, guarded, TEXT } from './format.ts';
import { NumberColumn, RunningSum } from './numbers.ts';
import { type Origins, unpackProcids } from './procids.ts';
import type { Spans } from './spans.ts';
import { BlockSummary } from './summary.ts';
import { StoredTokens } from './token-filter.ts';
import { type Kinds, kindStarts, readKinds, readSources } from './tables.ts';

type Known = {
  readonly summary?: BlockSummary;
  readonly tokens?: StoredTokens | undefined;
  readonly inOneTurn?: boolean;
};

/** A block's rows; each piece is read, checked and kept on first use. Everything throws on damage. */
export class Block {
  readonly summary: BlockSummary;
  readonly count: number;
  readonly stream: string;
  readonly #parts: BlockParts;
  /** Its texts. */
  readonly texts: BlockTexts;
  readonly #numbers: NumberColumn[] = [];
  readonly #ids: Uint16Array[] = [];
  readonly #dictionaries: Dictionary[] = [];
  readonly #columns: ColumnsReader;
  #places: Uint16Array | undefined;
  #kindStarts: Uint16Array | undefined;
  #kinds: Kinds | undefined;
  #receivedAt: Float64Array | undefined;
  #sequence: Float64Array | undefined;
  #kindsByPlace: Uint16Array | undefined;
  #rows: Uint16Array | undefined;
  #sources: Source[] | undefined;
  readonly #kept = new Map<object, object>();
  #tokens: StoredTokens | undefined;

  /** @param known what was read before; a block that is read `inOneTurn` may use the memory for texts */
  constructor(parts: BlockParts, known: Known = {}) {
    const { summary = new BlockSummary(parts.summary), tokens, inOneTurn = false } = known;
    this.#tokens = tokens;
    this.#parts = parts;
    this.#columns = new ColumnsReader(parts);
    this.stream = parts.stream;
    this.summary = summary;
    this.count = summary.ranges.count;
    this.texts = new BlockTexts(parts, this.count, {
      inOneTurn,
      lengthsOf: (text) => this.numbers(COLUMN.messageLength + text),
    });
  }

  /** ms, in order of rows. */
  get receivedAt(): Float64Array {
    this.#receivedAt ??= this.#summed(COLUMN.receivedAt, this.summary.ranges.firstAt);
    return this.#receivedAt;
  }

  /** In order of rows. */
  get sequence(): Float64Array {
    this.#sequence ??= this.#summed(COLUMN.sequence, this.summary.ranges.firstSequence);
    return this.#sequence;
  }

  /** A column of numbers in its own order, see `COLUMN`. */
  numbers(column: number): NumberColumn {
    this.#numbers[column] ??= this.#column(column, this.count);
    return this.#numbers[column];
  }

  /** A column of ids in its own order. */
  ids(column: number): Uint16Array {
    this.#ids[column] ??= guarded('a column', () => {
      const ids = this.numbers(column).ids();
      return column === COLUMN.procid && this.summary.version > FORMAT_1 ? unpackProcids(ids, this.#origins()) : ids;
    });
    return this.#ids[column];
  }

  /**
   * The dictionary (`COLUMN.procids`, `COLUMN.msgids`) of the ids in `COLUMN.procid` and
   * `COLUMN.msgid`.
   */
  dictionary(column: number): Dictionary {
    this.#dictionaries[column] ??= guarded(
      'a dictionary',
      () => new Dictionary(new ByteReader(this.#columns.section(column))),
    );
    return this.#dictionaries[column];
  }

  /** Row → place. */
  get places(): Uint16Array {
    if (!this.#places) {
      const kindOf = this.ids(COLUMN.kind);
      const next = this.#starts().slice();
      this.#places = new Uint16Array(this.count);
      for (let row = 0; row < this.count; row++) this.#places[row] = next[kindOf[row]!]!++;
    }
    return this.#places;
  }

  /** Place → row. */
  get rows(): Uint16Array {
    if (!this.#rows) {
      const { places } = this;
      this.#rows = new Uint16Array(this.count);
      for (let row = 0; row < this.count; row++) this.#rows[places[row]!] = row;
    }
    return this.#rows;
  }

  /** Place → kind. */
  get kindsByPlace(): Uint16Array {
    if (!this.#kindsByPlace) {
      const starts = this.#starts();
      this.#kindsByPlace = new Uint16Array(this.count);
      for (let kind = 0; kind + 1 < starts.length; kind++)
        this.#kindsByPlace.fill(kind, starts[kind]!, starts[kind + 1]!);
    }
    return this.#kindsByPlace;
  }

  /** Kind → number of its app in `summary.apps`, and priority. */
  get kinds(): Kinds {
    this.#kinds ??= guarded('the kinds', () => readKinds(this.#columns.section(COLUMN.kinds), this.count));
    return this.#kinds;
  }

  /** The token filter. */
  get tokens(): StoredTokens {
    this.#tokens ??= new StoredTokens(this.#parts.tokens());
    return this.#tokens;
  }

  /** The sources that `COLUMN.source` numbers. */
  get sources(): readonly Source[] {
    this.#sources ??= guarded('the sources', () => readSources(this.#columns.section(COLUMN.sources), this.count));
    return this.#sources;
  }

  /** One of `TEXT`, for all places. */
  spans(text: number): Spans {
    return this.texts.spans(text);
  }

  /** One of `TEXT` of a place, '' if it is absent; invalid UTF-8 becomes U+FFFD. */
  textAt(text: number, place: number): string {
    const { bytes, start, length } = this.texts.at(text, place);
    return bytes.toString('utf8', start, start + Math.max(0, length));
  }

  /** The whole message of a row. Texts that many rows share are made once. */
  message(row: number): LogMessage {
    const place = this.places[row]!;
    const { hosts, apps } = this.summary;
    const kind = this.ids(COLUMN.kind)[row]!;
    const receivedAt = this.#arrivalOf(row);
    return messageOf({
      receivedAt,
      node: this.numbers(COLUMN.node).at(row),
      sequence: this.#sequenceOf(row),
      timestamp: receivedAt + this.numbers(COLUMN.timestamp).at(place),
      timestampUs: this.numbers(COLUMN.timestampUs).at(place),
      timestampOffset: this.numbers(COLUMN.timestampOffset).at(place),
      priority: this.kinds.priority[kind]!,
      version: this.numbers(COLUMN.version).at(place),
      format: this.numbers(COLUMN.format).at(place),
      flags: this.numbers(COLUMN.flags).at(place),
      originalLength: this.numbers(COLUMN.originalLength).at(place),
      hostname: hosts.text(this.numbers(COLUMN.host).at(place)),
      appname: apps.text(this.kinds.app[kind]!),
      procid: this.dictionary(COLUMN.procids).text(this.ids(COLUMN.procid)[place]!),
      msgid: this.dictionary(COLUMN.msgids).text(this.numbers(COLUMN.msgid).at(place)),
      structuredData: this.#present(TEXT.structuredData, place),
      fields: this.#present(TEXT.fields, place),
      message: this.#present(TEXT.message, place) ?? '',
      source: this.sources[this.numbers(COLUMN.source).at(place)]!,
      stream: this.stream,
      raw: this.#raw(place),
    });
  }

  /** One of `TEXT` of a place, undefined if it is absent. */
  #present(text: number, place: number): string | undefined {
    if (this.numbers(COLUMN.messageLength + text).constant === 0) return undefined;
    const { bytes, start, length } = this.texts.at(text, place);
    return length === ABSENT ? undefined : bytes.toString('utf8', start, start + length);
  }

  #raw(place: number): Uint8Array | undefined {
    if (this.numbers(COLUMN.rawLength).constant === 0) return undefined;
    const { bytes, start, length } = this.texts.at(TEXT.raw, place);
    return length === ABSENT ? undefined : Uint8Array.from(bytes.subarray(start, start + length));
  }

  /**
   * Appends a row to a batch, without its texts and its node; its source has the index `source`
   * there.
   */
  begin(batch: MessageBatch, row: number, source: number): number {
    const place = this.places[row]!;
    const receivedAt = this.#arrivalOf(row);
    const to = batch.begin(receivedAt, this.#sequenceOf(row), source);
    batch.priority[to] = this.kinds.priority[this.ids(COLUMN.kind)[row]!]!;
    batch.timestamp[to] = receivedAt + this.numbers(COLUMN.timestamp).at(place);
    batch.timestampUs[to] = this.numbers(COLUMN.timestampUs).at(place);
    batch.timestampOffset[to] = this.numbers(COLUMN.timestampOffset).at(place);
    batch.format[to] = this.numbers(COLUMN.format).at(place);
    batch.version[to] = this.numbers(COLUMN.version).at(place);
    batch.flags[to] = this.numbers(COLUMN.flags).at(place);
    batch.originalLength[to] = this.numbers(COLUMN.originalLength).at(place);
    return to;
  }

  /** ms, of a row: without a table of all rows, as long as it is not made. */
  #arrivalOf(row: number): number {
    if (this.#receivedAt) return this.#receivedAt[row]!;
    const { firstAt } = this.summary.ranges;
    return this.kept(ARRIVALS, () => new RunningSum(this.#column(COLUMN.receivedAt, this.count - 1), firstAt)).at(row);
  }

  #sequenceOf(row: number): number {
    if (this.#sequence) return this.#sequence[row]!;
    const { firstSequence: first } = this.summary.ranges;
    return this.kept(SEQUENCES, () => new RunningSum(this.#column(COLUMN.sequence, this.count - 1), first)).at(row);
  }

  #column(column: number, count: number): NumberColumn {
    return guarded('a column', () => new NumberColumn(this.#columns.section(column), count));
  }

  #summed(column: number, first: number): Float64Array {
    const values = new Float64Array(this.count);
    const steps = this.#column(column, this.count - 1);
    values[0] = first;
    if (steps.constant !== undefined) {
      for (let row = 1; row < this.count; row++) values[row] = values[row - 1]! + steps.constant;
      return values;
    }
    values.set(steps.all(), 1);
    for (let row = 1; row < this.count; row++) values[row]! += values[row - 1]!;
    return values;
  }

  #origins(): Origins {
    const { app } = this.kinds;
    const starts = this.#starts();
    const programs: number[] = [];
    for (let kind = 0; kind < app.length; kind++) if (app[kind] !== app[kind + 1]) programs.push(starts[kind + 1]!);
    return { hosts: this.ids(COLUMN.host), programs };
  }

  /** Kind → its first place, and at the end the number of places. */
  #starts(): Uint16Array {
    this.#kindStarts ??= guarded('the order of rows', () => kindStarts(this.ids(COLUMN.kind), this.kinds.app.length));
    return this.#kindStarts;
  }

  /** The bytes of one of `TEXT`, each text ended by a line feed, in order of places. */
  bytes(text: number): Buffer {
    return this.texts.bytes(text);
  }

  /** What `make` returned for a key when it was first asked for. */
  kept<Value extends object>(key: object, make: () => Value): Value {
    const value = (this.#kept.get(key) as Value | undefined) ?? make();
    this.#kept.set(key, value);
    return value;
  }

  /** Frees the texts that were unpacked and are in no cache; the block must not be used any more. */
  release(): void {
    this.texts.release();
  }
}

const ARRIVALS = {};
const SEQUENCES = {};
