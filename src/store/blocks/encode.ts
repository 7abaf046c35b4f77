import { type MessageBatch, SPAN, SPANS } from '../../model/batch.ts';
import { encodeId } from '../../model/id.ts';
import { TRANSPORTS } from '../../model/message.ts';
import { ByteWriter } from './bytes.ts';
import { ColumnsWriter } from './columns.ts';
import type { EncodedBlock } from './contract.ts';
import { writeTexts } from './dictionary.ts';
import { MAX_ROWS, TEXTS } from './format.ts';
import { Kernel } from './kernel.ts';
import { DICTIONARY, Layout, type Rows } from './layout.ts';
import { encodeSummary, type Ranges } from './summary.ts';
import { Texts } from './texts.ts';
import { TokenFilter } from './token-filter.ts';

/** The wire bytes of a header that spans do not hold: PRI, version, time stamp and spaces; for each of `FORMATS`. */
const HEADER_OF = [5, 23, 45];

/** Makes blocks one after the other in the same scratch memory, so that the hot path allocates almost nothing. */
export class BlockEncoder {
  readonly #kernel = new Kernel((start, end) => this.#texts.addWide(start, end));
  readonly #layout = new Layout(this.#kernel);
  readonly #texts = new Texts(this.#kernel);
  readonly #filter = new TokenFilter(this.#kernel);
  readonly #columns = new ColumnsWriter();
  readonly #doubles = new Float64Array(MAX_ROWS);
  readonly #integers = new Int32Array(MAX_ROWS);
  readonly #dictionaries = new ByteWriter();
  #sourceIds = new Int32Array(64);
  #sourcesUsed: number[] = [];

  /** Bytes that it holds on to. */
  get size(): number {
    return this.#kernel.bytes.length;
  }

  /**
   * An encoder that threw is not to be used again.
   * @throws RangeError for no rows, or more than `MAX_ROWS`
   */
  encode(of: Rows, level: number): EncodedBlock {
    const { batch, rows } = of;
    const count = rows.length;
    if (count === 0 || count > MAX_ROWS)
      throw new RangeError(`cannot make a block of ${count} rows: 1 to ${MAX_ROWS} fit`);
    this.#kernel.take(batch);
    this.#layout.group(rows);
    this.#filter.begin();
    this.#texts.gather(count);
    this.#columns.begin();
    this.#writeRowColumns(of);
    this.#writePlaceColumns(batch, this.#layout.placed);
    this.#writeTables(batch);
    const ranges = this.#ranges(of);
    return {
      first: encodeId(ranges.firstAt, ranges.firstNode, ranges.firstSequence),
      last: encodeId(ranges.lastAt, ranges.lastNode, ranges.lastSequence),
      count,
      rawBytes: ranges.rawBytes,
      summary: encodeSummary(ranges, this.#writeDictionaries(batch)),
      tokens: this.#filter.encode(),
      columns: this.#columns.encode(count, level),
      text: this.#texts.encode(level),
    };
  }

  #writeRowColumns({ batch, rows, nodes }: Rows): void {
    const count = rows.length;
    const doubles = this.#doubles;
    for (const column of [batch.receivedAt, batch.sequence]) {
      for (let i = 1; i < count; i++) doubles[i - 1] = column[rows[i]!]! - column[rows[i - 1]!]!;
      this.#columns.numbers(doubles, count - 1);
    }
    const integers = this.#integers;
    for (let i = 0; i < count; i++) integers[i] = nodes ? nodes[rows[i]!]! : batch.node;
    this.#columns.integers(integers, count);
    this.#columns.integers(this.#layout.kindOf, count);
  }

  #writePlaceColumns(batch: MessageBatch, placed: Int32Array): void {
    const count = placed.length;
    this.#columns.integers(this.#layout.numbers(DICTIONARY.hosts), count);
    this.#writeSources(batch, placed);
    this.#columns.integers(this.#layout.numbers(DICTIONARY.procids), count);
    this.#columns.integers(this.#layout.numbers(DICTIONARY.msgids), count);
    const doubles = this.#doubles;
    for (let i = 0; i < count; i++) {
      const row = placed[i]!;
      doubles[i] = batch.timestamp[row]! - batch.receivedAt[row]!;
    }
    this.#columns.numbers(doubles, count);
    this.#integerColumn(batch.timestampUs, placed);
    this.#integerColumn(batch.timestampOffset, placed);
    this.#integerColumn(batch.format, placed);
    this.#integerColumn(batch.version, placed);
    this.#wideColumn(batch.flags, placed);
    this.#wideColumn(batch.originalLength, placed);
    for (let text = 0; text < TEXTS; text++) this.#columns.integers(this.#texts.lengths(text, count), count);
  }

  #integerColumn(column: Int16Array | Uint8Array | Uint16Array, placed: Int32Array): void {
    const integers = this.#integers;
    for (let i = 0; i < placed.length; i++) integers[i] = column[placed[i]!]!;
    this.#columns.integers(integers, placed.length);
  }

  #wideColumn(column: Uint32Array, placed: Int32Array): void {
    const doubles = this.#doubles;
    for (let i = 0; i < placed.length; i++) doubles[i] = column[placed[i]!]!;
    this.#columns.numbers(doubles, placed.length);
  }

  #writeSources(batch: MessageBatch, placed: Int32Array): void {
    if (this.#sourceIds.length < batch.sources.length) this.#sourceIds = new Int32Array(batch.sources.length * 2);
    const ids = this.#sourceIds.fill(0);
    this.#sourcesUsed = [];
    for (let i = 0; i < placed.length; i++) {
      const source = batch.source[placed[i]!]!;
      if (ids[source] === 0) ids[source] = this.#sourcesUsed.push(source);
      this.#integers[i] = ids[source]! - 1;
    }
    this.#columns.integers(this.#integers, placed.length);
  }

  /** The small tables after the columns, in the order of `COLUMN`: kinds, procids, msgids, sources. */
  #writeTables(batch: MessageBatch): void {
    const { kinds, kindApp, kindPriority } = this.#layout;
    this.#columns.table((out) => {
      out.varint(kinds);
      for (let kind = 0; kind < kinds; kind++) out.varint(kindApp[kind]!);
      for (let kind = 0; kind < kinds; kind++) out.u8(kindPriority[kind]!);
    });
    this.#columns.table((out) => this.#layout.write(DICTIONARY.procids, out));
    this.#columns.table((out) => this.#layout.write(DICTIONARY.msgids, out));
    this.#columns.table((out) => {
      out.varint(this.#sourcesUsed.length);
      for (const index of this.#sourcesUsed) {
        const { ip, port, transport, listener, peer_cn } = batch.sources[index]!;
        out.u8(TRANSPORTS.indexOf(transport));
        out.varint(port);
        out.text(ip);
        out.text(listener);
        out.u8(peer_cn === undefined ? 0 : 1);
        if (peer_cn !== undefined) out.text(peer_cn);
      }
    });
  }

  #writeDictionaries(batch: MessageBatch): ByteWriter {
    const out = this.#dictionaries;
    out.length = 0;
    this.#layout.write(DICTIONARY.apps, out);
    this.#layout.write(DICTIONARY.hosts, out);
    writeTexts(out, [...new Set(this.#sourcesUsed.map((index) => batch.sources[index]!.listener))]);
    return out;
  }

  #ranges({ batch, rows, nodes }: Rows): Ranges {
    const first = rows[0]!;
    const last = rows[rows.length - 1]!;
    let [timestampLow, timestampHigh, rawBytes] = [Infinity, -Infinity, 0];
    let [formats, flags, severities, facilities, transports] = [0, 0, 0, 0, 0];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const timestamp = batch.timestamp[row]!;
      if (timestamp < timestampLow) timestampLow = timestamp;
      if (timestamp > timestampHigh) timestampHigh = timestamp;
      formats |= 1 << batch.format[row]!;
      flags |= batch.flags[row]!;
      rawBytes += receivedBytes(batch, row);
    }
    for (let kind = 0; kind < this.#layout.kinds; kind++) {
      const priority = this.#layout.kindPriority[kind]!;
      severities |= 1 << (priority & 7);
      facilities |= 1 << (priority >> 3);
    }
    for (const index of this.#sourcesUsed) transports |= 1 << TRANSPORTS.indexOf(batch.sources[index]!.transport);
    return {
      count: rows.length,
      firstAt: batch.receivedAt[first]!,
      firstNode: nodes ? nodes[first]! : batch.node,
      firstSequence: batch.sequence[first]!,
      lastAt: batch.receivedAt[last]!,
      lastNode: nodes ? nodes[last]! : batch.node,
      lastSequence: batch.sequence[last]!,
      ...{ timestampLow, timestampHigh, rawBytes, severities, facilities, formats, flags, transports },
      wide: this.#texts.wide,
      oneNode: !nodes || rows.every((row) => nodes[row] === nodes[first]),
    };
  }
}

/** The bytes of a message as received: those of its frame where it is kept or was cut, else of all its pieces. */
function receivedBytes(batch: MessageBatch, row: number): number {
  if (batch.originalLength[row]! > 0) return batch.originalLength[row]!;
  const first = row * SPANS;
  const raw = batch.lengths[first + SPAN.raw]!;
  if (raw > 0) return raw;
  let bytes = HEADER_OF[batch.format[row]!]!;
  for (let span = first; span <= first + SPAN.message; span++) {
    const length = batch.lengths[span]!;
    if (length > 0) bytes += length;
  }
  return bytes;
}
