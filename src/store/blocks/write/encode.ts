import type { MessageBatch } from '../../../model/batch.ts';
import { encodeId } from '../../../model/id.ts';
import { TRANSPORTS } from '../../../model/message.ts';
import { ByteWriter } from '../format/bytes.ts';
import { ColumnsWriter } from '../format/columns.ts';
import type { EncodedBlock } from '../contract.ts';
import { writeTexts } from '../format/dictionary.ts';
import { MAX_ROWS, TEXTS } from '../format/format.ts';
import { EncoderWasm } from './encoder-wasm.ts';
import { type BlockRows, Layout } from './layout.ts';
import { DICTIONARY } from './memory-layout.ts';
import { encodeSummary, type Ranges } from '../format/summary.ts';
import { Texts } from './texts.ts';
import { TokenFilter } from '../format/token-filter.ts';

/** The wire bytes of a header that spans do not hold: PRI, version, time stamp and spaces; for each of `FORMATS`. */
const HEADER_OF = [5, 23, 45];

/** Makes blocks one after the other in the same scratch memory, so that the hot path allocates almost nothing. */
export class BlockEncoder {
  readonly #kernel = new EncoderWasm((start, end) => this.#texts.addWide(start, end));
  readonly #layout = new Layout(this.#kernel);
  readonly #texts = new Texts(this.#kernel);
  readonly #filter = new TokenFilter(this.#kernel);
  readonly #columns = new ColumnsWriter();
  readonly #dictionaries = new ByteWriter();
  #sourceIds = new Int32Array(64);
  #sourcesUsed: number[] = [];

  /** Bytes that it holds on to. */
  get size(): number {
    return this.#kernel.size;
  }

  /**
   * An encoder that threw is not to be used again.
   * @throws RangeError for no rows, or more than `MAX_ROWS`
   */
  encode(of: BlockRows, level: number): EncodedBlock {
    const { batch, rows } = of;
    const count = rows.length;
    if (count === 0 || count > MAX_ROWS)
      throw new RangeError(`cannot make a block of ${count} rows: 1 to ${MAX_ROWS} fit`);
    this.#kernel.take(batch);
    this.#layout.group(of);
    this.#filter.begin();
    this.#texts.gather(batch, count);
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

  #writeRowColumns({ batch, rows, nodes }: BlockRows): void {
    const kernel = this.#kernel;
    const { exports } = kernel;
    const count = rows.length;
    for (const column of [batch.receivedAt, batch.sequence]) {
      this.#columns.take(kernel, exports.steps(count, kernel.column(column)), count - 1);
    }
    const ids = kernel.list(exports.ids, count);
    for (let i = 0; i < count; i++) ids[i] = nodes ? nodes[rows[i]!]! : batch.node;
    this.#writeList(exports.ids, count);
    this.#writeList(exports.kindOf, count);
  }

  #writePlaceColumns(batch: MessageBatch, placed: Int32Array): void {
    const kernel = this.#kernel;
    const { exports } = kernel;
    const count = placed.length;
    const columns = this.#columns;
    this.#writeNumbered(DICTIONARY.hosts, count);
    this.#writeSources(batch, placed);
    this.#writeNumbered(DICTIONARY.procids, count);
    this.#writeNumbered(DICTIONARY.msgids, count);
    const [timestamp, receivedAt] = [kernel.column(batch.timestamp), kernel.column(batch.receivedAt)];
    columns.take(kernel, exports.above(count, timestamp, receivedAt), count);
    columns.take(kernel, exports.signed16(count, kernel.column(batch.timestampUs)), count);
    columns.take(kernel, exports.signed16(count, kernel.column(batch.timestampOffset)), count);
    columns.take(kernel, exports.unsigned8(count, kernel.column(batch.format)), count);
    columns.take(kernel, exports.unsigned16(count, kernel.column(batch.version)), count);
    columns.take(kernel, exports.unsigned32(count, kernel.column(batch.flags)), count);
    columns.take(kernel, exports.unsigned32(count, kernel.column(batch.originalLength)), count);
    for (let text = 0; text < TEXTS; text++) this.#writeList({ value: this.#texts.lengths(text) }, count);
  }

  #writeNumbered(dictionary: number, count: number): void {
    this.#layout.number(dictionary);
    this.#writeList(this.#kernel.exports.ids, count);
  }

  /** Writes a list of the kernel's as a column. */
  #writeList(list: { readonly value: number }, count: number): void {
    this.#columns.take(this.#kernel, this.#kernel.exports.integers(count, list.value), count);
  }

  #writeSources(batch: MessageBatch, placed: Int32Array): void {
    if (this.#sourceIds.length < batch.sources.length) this.#sourceIds = new Int32Array(batch.sources.length * 2);
    const ids = this.#sourceIds.fill(0);
    const numbers = this.#kernel.list(this.#kernel.exports.ids, placed.length);
    this.#sourcesUsed = [];
    for (let i = 0; i < placed.length; i++) {
      const source = batch.source[placed[i]!]!;
      if (ids[source] === 0) ids[source] = this.#sourcesUsed.push(source);
      numbers[i] = ids[source]! - 1;
    }
    this.#writeList(this.#kernel.exports.ids, placed.length);
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

  #ranges({ batch, rows, nodes }: BlockRows): Ranges {
    const first = rows[0]!;
    const last = rows[rows.length - 1]!;
    let [severities, facilities, transports] = [0, 0, 0];
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
      ...this.#rangesOfRows(batch, rows.length),
      ...{ severities, facilities, transports },
      wide: this.#texts.wide,
      oneNode: !nodes || rows.every((row) => nodes[row] === nodes[first]),
    };
  }

  #rangesOfRows(batch: MessageBatch, count: number) {
    const kernel = this.#kernel;
    const { exports } = kernel;
    const [format, flags] = [kernel.column(batch.format), kernel.column(batch.flags)];
    const [low, high, formats, allFlags] = exports.ranges(count, kernel.column(batch.timestamp), format, flags);
    new Float64Array(kernel.bytes.buffer, exports.doubles.value, HEADER_OF.length).set(HEADER_OF);
    const originals = kernel.column(batch.originalLength);
    const rawBytes = exports.received(count, kernel.column(batch.lengths), originals, format);
    return { timestampLow: low, timestampHigh: high, rawBytes, formats, flags: allFlags };
  }
}
