import type { MessageBatch } from '../../../model/batch.ts';
import { encodeId } from '../../../model/id.ts';
import { TRANSPORTS } from '../../../model/message.ts';
import { ByteWriter } from '../format/bytes.ts';
import type { EncodedBlock } from '../contract.ts';
import { writeTexts } from '../format/dictionary.ts';
import { FORMAT_1, FORMAT_2, MAX_ROWS, TEXTS } from '../format/format.ts';
import { packProcids } from '../format/procids.ts';
import { ColumnsWriter } from './columns-writer.ts';
import { EncoderWasm } from './encoder-wasm.ts';
import { type BlockRows, Layout, type ProgramEnd } from './layout.ts';
import { addEntryTokens } from './line-tokens.ts';
import { DICTIONARY } from './memory-layout.ts';
import { encodeSummary, type BlockRanges } from '../format/summary.ts';
import { hashOf } from '../format/token-filter.ts';
import { Texts } from './texts.ts';
import { TokenFilterWriter } from './token-filter-writer.ts';

/**
 * Header bytes on the wire that no span holds (PRI, version, timestamp, spaces), for each of
 * `FORMATS`.
 */
const HEADER_LENGTHS = [5, 23, 45];

/** How a block is encoded. */
export type EncodeOptions = {
  /** zstd level. */
  readonly level: number;
  /** Whether texts are written as templates and variables. */
  readonly templates: boolean;
};

/**
 * Encodes one block after another in the same scratch memory, so that the hot path allocates almost
 * nothing.
 */
export class BlockEncoder {
  readonly #wasm = new EncoderWasm((start, end) => this.#texts.addWide(start, end));
  readonly #layout = new Layout(this.#wasm);
  readonly #texts = new Texts(this.#wasm);
  readonly #filter = new TokenFilterWriter(this.#wasm);
  readonly #columns = new ColumnsWriter();
  readonly #dictionaries = new ByteWriter();
  #sourceIds = new Int32Array(64);
  #sourcesUsed: number[] = [];
  #decimalProcids = false;

  /** Bytes of memory it keeps. */
  get size(): number {
    return this.#wasm.size + this.#texts.size;
  }

  /**
   * Do not use an encoder again after it threw.
   * @throws RangeError for no rows or more than `MAX_ROWS`
   */
  encode(selected: BlockRows, { level, templates }: EncodeOptions): EncodedBlock {
    const { batch, rows } = selected;
    const count = rows.length;
    if (count === 0 || count > MAX_ROWS)
      throw new RangeError(`cannot make a block of ${count} rows: 1 to ${MAX_ROWS} fit`);
    this.#wasm.take(batch);
    this.#layout.group(selected);
    this.#filter.begin();
    this.#texts.gather(batch, count);
    this.#columns.begin();
    this.#writeRowColumns(selected);
    const programs = templates ? this.#layout.programs(batch) : undefined;
    this.#writePlaceColumns(batch, this.#layout.placed, programs);
    this.#writeTables(batch);
    const ranges = this.#ranges(selected);
    return {
      first: encodeId(ranges.firstAt, ranges.firstNode, ranges.firstSequence),
      last: encodeId(ranges.lastAt, ranges.lastNode, ranges.lastSequence),
      count,
      rawBytes: ranges.rawBytes,
      summary: encodeSummary(ranges, this.#writeDictionaries(batch), programs ? FORMAT_2 : FORMAT_1),
      tokens: this.#filter.encode(),
      columns: this.#columns.encode(count, level),
      text: templates ? this.#texts.encodeTemplates(level, this.#layout.programs(batch)) : this.#texts.encode(level),
    };
  }

  #writeRowColumns({ batch, rows, nodes }: BlockRows): void {
    const wasm = this.#wasm;
    const { exports } = wasm;
    const count = rows.length;
    for (const column of [batch.receivedAt, batch.sequence]) {
      this.#columns.add(wasm, exports.steps(count, wasm.column(column)), count - 1);
    }
    const ids = wasm.list(exports.ids, count);
    for (let i = 0; i < count; i++) ids[i] = nodes ? nodes[rows[i]!]! : batch.node;
    this.#writeList(exports.ids, count);
    this.#writeList(exports.kindOf, count);
  }

  #writePlaceColumns(batch: MessageBatch, placed: Int32Array, programs: readonly ProgramEnd[] | undefined): void {
    const wasm = this.#wasm;
    const { exports } = wasm;
    const count = placed.length;
    const columns = this.#columns;
    this.#writeNumbered(DICTIONARY.hosts, count);
    const hosts = programs && wasm.list(exports.ids, count).slice();
    this.#writeSources(batch, placed);
    this.#layout.number(DICTIONARY.procids);
    if (programs && hosts)
      packProcids(wasm.list(exports.ids, count), { hosts, programs: programs.map(({ place }) => place) });
    this.#writeList(exports.ids, count);
    this.#writeNumbered(DICTIONARY.msgids, count);
    const [timestamp, receivedAt] = [wasm.column(batch.timestamp), wasm.column(batch.receivedAt)];
    columns.add(wasm, exports.above(count, timestamp, receivedAt), count);
    columns.add(wasm, exports.signed16(count, wasm.column(batch.timestampUs)), count);
    columns.add(wasm, exports.signed16(count, wasm.column(batch.timestampOffset)), count);
    columns.add(wasm, exports.unsigned8(count, wasm.column(batch.format)), count);
    columns.add(wasm, exports.unsigned16(count, wasm.column(batch.version)), count);
    columns.add(wasm, exports.unsigned32(count, wasm.column(batch.flags)), count);
    columns.add(wasm, exports.unsigned32(count, wasm.column(batch.originalLength)), count);
    for (let text = 0; text < TEXTS; text++) this.#writeList({ value: this.#texts.lengths(text) }, count);
  }

  #writeNumbered(dictionary: number, count: number): void {
    this.#layout.number(dictionary);
    this.#writeList(this.#wasm.exports.ids, count);
  }

  /** Writes a list of `encode.wat` as a column. */
  #writeList(list: { readonly value: number }, count: number): void {
    this.#columns.add(this.#wasm, this.#wasm.exports.integers(count, list.value), count);
  }

  #writeSources(batch: MessageBatch, placed: Int32Array): void {
    if (this.#sourceIds.length < batch.sources.length) this.#sourceIds = new Int32Array(batch.sources.length * 2);
    const ids = this.#sourceIds.fill(0);
    const numbers = this.#wasm.list(this.#wasm.exports.ids, placed.length);
    this.#sourcesUsed = [];
    for (let i = 0; i < placed.length; i++) {
      const source = batch.source[placed[i]!]!;
      if (ids[source] === 0) ids[source] = this.#sourcesUsed.push(source);
      numbers[i] = ids[source]! - 1;
    }
    this.#writeList(this.#wasm.exports.ids, placed.length);
  }

  /** The small tables after the columns, in the order of `COLUMN`: kinds, procids, msgids, sources. */
  #writeTables(batch: MessageBatch): void {
    const { kinds, kindApp, kindPriority } = this.#layout;
    this.#columns.table((out) => {
      out.varint(kinds);
      for (let kind = 0; kind < kinds; kind++) out.varint(kindApp[kind]!);
      for (let kind = 0; kind < kinds; kind++) out.u8(kindPriority[kind]!);
    });
    const add = (token: string): void => this.#wasm.exports.add(hashOf(token));
    const procids = this.#columns.table((out) => this.#layout.write(DICTIONARY.procids, out));
    this.#decimalProcids = addEntryTokens(procids, add);
    addEntryTokens(
      this.#columns.table((out) => this.#layout.write(DICTIONARY.msgids, out)),
      add,
    );
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

  #ranges({ batch, rows, nodes }: BlockRows): BlockRanges {
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
      severities,
      facilities,
      transports,
      wide: this.#texts.wide,
      lineTokens: true,
      decimalProcids: this.#decimalProcids,
      oneNode: !nodes || rows.every((row) => nodes[row] === nodes[first]),
    };
  }

  #rangesOfRows(batch: MessageBatch, count: number) {
    const wasm = this.#wasm;
    const { exports } = wasm;
    const [format, flags] = [wasm.column(batch.format), wasm.column(batch.flags)];
    const [low, high, formats, allFlags] = exports.ranges(count, wasm.column(batch.timestamp), format, flags);
    new Float64Array(wasm.bytes.buffer, exports.doubles.value, HEADER_LENGTHS.length).set(HEADER_LENGTHS);
    const originals = wasm.column(batch.originalLength);
    const rawBytes = exports.received(count, wasm.column(batch.lengths), originals, format);
    return { timestampLow: low, timestampHigh: high, rawBytes, formats, flags: allFlags };
  }
}
