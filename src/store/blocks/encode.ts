import { type MessageBatch, SPAN, SPANS } from '../../model/batch.ts';
import { encodeId } from '../../model/id.ts';
import { TRANSPORTS } from '../../model/message.ts';
import { ByteWriter } from './bytes.ts';
import { ColumnsWriter } from './columns.ts';
import type { EncodedBlock } from './contract.ts';
import { type SpanDictionary, writeTexts } from './dictionary.ts';
import { MAX_ROWS } from './format.ts';
import { Layout, type Rows } from './layout.ts';
import { encodeSummary, type Ranges } from './summary.ts';
import { Texts } from './texts.ts';
import { TokenFilter } from './token-filter.ts';

/** The wire bytes of a header that spans do not hold: PRI, version, time stamp and spaces; for each of `FORMATS`. */
const HEADER_OF = [5, 23, 45];

/** Makes blocks one after the other in the same scratch memory, so that the hot path allocates almost nothing. */
export class BlockEncoder {
  readonly #layout = new Layout();
  readonly #texts = new Texts();
  readonly #filter = new TokenFilter();
  readonly #columns = new ColumnsWriter();
  readonly #doubles = new Float64Array(MAX_ROWS);
  readonly #integers = new Int32Array(MAX_ROWS);
  readonly #dictionaries = new ByteWriter();
  #sourceIds = new Int32Array(64);
  #sourcesUsed: number[] = [];

  /** @throws RangeError for no rows, or more than `MAX_ROWS` */
  encode(of: Rows, level: number): EncodedBlock {
    const { batch, rows } = of;
    const count = rows.length;
    if (count === 0 || count > MAX_ROWS)
      throw new RangeError(`cannot make a block of ${count} rows: 1 to ${MAX_ROWS} fit`);
    const view = new DataView(batch.arena.buffer, batch.arena.byteOffset, batch.arena.length);
    this.#layout.group(of, view);
    const placed = this.#layout.placed.subarray(0, count);
    this.#filter.begin();
    this.#texts.gather(batch, placed, this.#filter);
    this.#columns.begin();
    this.#writeRowColumns(of);
    this.#writePlaceColumns(batch, placed);
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

  #writePlaceColumns(batch: MessageBatch, placed: Uint32Array): void {
    const count = placed.length;
    this.#dictionary(this.#layout.hosts, count);
    this.#writeSources(batch, placed);
    this.#dictionary(this.#layout.procids, count);
    this.#dictionary(this.#layout.msgids, count);
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
    for (const lengths of this.#texts.lengths) this.#columns.integers(lengths, count);
  }

  #integerColumn(column: Int16Array | Uint8Array | Uint16Array, placed: Uint32Array): void {
    const integers = this.#integers;
    for (let i = 0; i < placed.length; i++) integers[i] = column[placed[i]!]!;
    this.#columns.integers(integers, placed.length);
  }

  #wideColumn(column: Uint32Array, placed: Uint32Array): void {
    const doubles = this.#doubles;
    for (let i = 0; i < placed.length; i++) doubles[i] = column[placed[i]!]!;
    this.#columns.numbers(doubles, placed.length);
  }

  #dictionary(dictionary: SpanDictionary, count: number): void {
    dictionary.place(this.#layout.rows.subarray(0, count), this.#integers);
    this.#columns.integers(this.#integers, count);
  }

  #writeSources(batch: MessageBatch, placed: Uint32Array): void {
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
    this.#columns.table((out) => this.#layout.procids.write(out));
    this.#columns.table((out) => this.#layout.msgids.write(out));
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
    this.#layout.apps.write(out);
    this.#layout.hosts.write(out);
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
