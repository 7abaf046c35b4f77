import { encodeId } from '../../../src/model/id.ts';
import { type MessageBatch, SPAN, SPANS } from '../../../src/model/batch.ts';
import { TRANSPORTS } from '../../../src/model/message.ts';
import type { EncodedBlock } from '../../../src/store/blocks/contract.ts';
import { double, frame, prefixed, sealed, varint } from './reference-bytes.ts';
import { escapedTokens, filteredTokens, longTokens, tokenFilter } from './reference-tokens.ts';

/*
 * A second encoder of blocks, written for readers: plain loops, plain objects, no WebAssembly. A
 * block that the real encoder makes must equal, byte for byte, what this one makes of the same
 * rows.
 */

/** Header bytes of a frame that no span holds, by format: PRI, version, time stamp and spaces. */
const FRAME_HEADER = [5, 23, 45];
/** The texts of a block, in their order. */
const TEXTS = [SPAN.message, SPAN.structuredData, SPAN.raw, SPAN.fields];
/** From this many rows on, each column is compressed alone. */
const APART = 512;
const LINE_FEED = 0x0a;
/** In the mask of formats: the filter has the tokens of all texts. */
const LINE_TOKENS = 0x80;

/** One row with its texts as bytes; a text that is absent is undefined. */
type Row = { readonly index: number; readonly node: number; readonly spans: readonly (Buffer | undefined)[] };

/** Encodes rows of a batch as a block. @param nodes the node of each row of the batch, if they differ */
export function encodeByReference(
  batch: MessageBatch,
  chosen: Uint32Array,
  { level = 1, nodes }: { level?: number; nodes?: Uint16Array } = {},
): EncodedBlock {
  const rows = [...chosen].map((index) => ({
    index,
    node: nodes ? nodes[index]! : batch.node,
    spans: Array.from({ length: SPANS }, (_, span) => textOf(batch, index, span)),
  }));
  const apps = new Numbering();
  const keys = rows.map((row) => apps.number(row.spans[SPAN.appname]) * 256 + batch.priority[row.index]!);
  const kinds = [...new Set(keys)].sort((a, b) => a - b);
  const kindOf = keys.map((key) => kinds.indexOf(key));
  const places = kinds.flatMap((key) => rows.filter((_, row) => keys[row] === key));

  const hosts = new Numbering();
  const procids = new Numbering();
  const msgids = new Numbering();
  const sources: number[] = [];
  const at = (column: ArrayLike<number>) => places.map(({ index }) => column[index]!);
  const texts = TEXTS.map((span) => places.map(({ spans }) => spans[span]));
  const columns = [
    numbers(steps(rows.map(({ index }) => batch.receivedAt[index]!))),
    numbers(steps(rows.map(({ index }) => batch.sequence[index]!))),
    numbers(rows.map(({ node }) => node)),
    numbers(kindOf),
    numbers(places.map(({ spans }) => hosts.number(spans[SPAN.hostname]))),
    numbers(at(batch.source).map((source) => numberIn(sources, source))),
    numbers(places.map(({ spans }) => procids.number(spans[SPAN.procid]))),
    numbers(places.map(({ spans }) => msgids.number(spans[SPAN.msgid]))),
    numbers(places.map(({ index }) => batch.timestamp[index]! - batch.receivedAt[index]!)),
    ...[batch.timestampUs, batch.timestampOffset, batch.format, batch.version, batch.flags, batch.originalLength].map(
      (column) => numbers(at(column)),
    ),
    ...texts.map((column) => numbers(lengthsOf(column))),
    Buffer.concat([
      varint(kinds.length),
      ...kinds.map((key) => varint(key >> 8)),
      Buffer.from(kinds.map((key) => key & 255)),
    ]),
    procids.encode(),
    msgids.encode(),
    encodeSources(batch, sources),
  ];
  const listeners = new Numbering();
  for (const source of sources) listeners.number(Buffer.from(batch.sources[source]!.listener));
  const messages = Buffer.concat(texts[0]!.map(lineOf));
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const rawBytes = rows.reduce((sum, row) => sum + receivedBytes(batch, row), 0);
  const severities = kinds.reduce((mask, key) => mask | (1 << (key & 7)), 0);
  const facilities = kinds.reduce((mask, key) => mask | (1 << ((key & 255) >> 3)), 0);
  const transports = sources.reduce(
    (mask, each) => mask | (1 << TRANSPORTS.indexOf(batch.sources[each]!.transport)),
    0,
  );
  const numbersOfSummary = [
    rows.length,
    ...[first, last].flatMap(({ index, node }) => [batch.receivedAt[index]!, node, batch.sequence[index]!]),
    Math.min(...at(batch.timestamp)),
    Math.max(...at(batch.timestamp)),
    rawBytes,
  ];
  const masks = [
    severities,
    facilities,
    at(batch.format).reduce((mask, format) => mask | (1 << format), LINE_TOKENS | (procids.isDecimal() ? 0x40 : 0)),
    at(batch.flags).reduce((mask, flags) => mask | flags, 0),
    transports,
    messages.some((byte) => byte > 127) ? 1 : 0,
    rows.every(({ node }) => node === first.node) ? 1 : 0,
  ];
  const dictionaries = Buffer.concat([apps.encode(), hosts.encode(), listeners.encode()]);
  return {
    first: encodeId(batch.receivedAt[first.index]!, first.node, batch.sequence[first.index]!),
    last: encodeId(batch.receivedAt[last.index]!, last.node, batch.sequence[last.index]!),
    count: rows.length,
    rawBytes,
    summary: sealed(
      ...numbersOfSummary.map(double),
      ...masks.map((mask) => varint(mask >>> 0)),
      frame(dictionaries, dictionaries.length > 512 ? 1 : 0),
    ),
    tokens: sealed(
      ...tokenFilter(
        [
          ...[0, 1, 3].map((text) => filteredTokens(Buffer.concat(texts[text]!.map(lineOf)))),
          escapedTokens(texts[3]!),
          procids.tokens(),
          msgids.tokens(),
        ].flat(),
      ),
    ),
    columns: sealed(...encodeColumns(columns, rows.length, level)),
    text: sealed(
      ...texts.map((column) => varint(Buffer.concat(column.map(lineOf)).length)),
      frame(Buffer.concat(texts.flatMap((column) => column.map(lineOf))), level),
    ),
  };
}

/** Numbers texts in order of first appearance; an absent text is an entry of its own. */
class Numbering {
  readonly #numbers = new Map<string | undefined, number>();
  readonly #texts: (Buffer | undefined)[] = [];

  number(text: Buffer | undefined): number {
    const key = text?.toString('latin1');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** Whether all texts are numbers; then they are not in the filter. */
  isDecimal(): boolean {
    return this.#texts.every((text) => text === undefined || /^\d*$/.test(text.toString('latin1')));
  }

  tokens(): Buffer[] {
    const texts = this.#texts.filter((text) => text !== undefined).map((text) => text.toString());
    return longTokens(texts.filter((text) => !/^\d*$/.test(text)));
  }

  /**
   * The dictionary: how many entries, the length + 1 of each (0: absent), then the texts side by
   * side.
   */
  encode(): Buffer {
    const lengths = this.#texts.map((text) => varint(text ? text.length + 1 : 0));
    return Buffer.concat([varint(this.#texts.length), ...lengths, ...this.#texts.filter((text) => text !== undefined)]);
  }
}

function numberIn(list: number[], value: number): number {
  const known = list.indexOf(value);
  return known >= 0 ? known : list.push(value) - 1;
}

function textOf(batch: MessageBatch, row: number, span: number): Buffer | undefined {
  const length = batch.lengths[row * SPANS + span]!;
  const offset = batch.offsets[row * SPANS + span]!;
  return length < 0 ? undefined : batch.arena.subarray(offset, offset + length);
}

function lineOf(text: Buffer | undefined): Buffer {
  return text ? Buffer.concat([text, Buffer.of(LINE_FEED)]) : Buffer.alloc(0);
}

/** 0 for absent and 1 for present; if any text holds a line feed, 0 for absent and the length + 1. */
function lengthsOf(column: readonly (Buffer | undefined)[]): number[] {
  const keepsLengths = column.some((text) => text?.includes(LINE_FEED));
  return column.map((text) => (text ? (keepsLengths ? text.length + 1 : 1) : 0));
}

function steps(values: readonly number[]): number[] {
  return values.slice(1).map((value, index) => value - values[index]!);
}

/**
 * A column of numbers: bytes a number, the lowest number, then the differences from it as planes of
 * bytes.
 */
function numbers(values: readonly number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(9);
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  if (!values.every(Number.isSafeInteger) || span > Number.MAX_SAFE_INTEGER) {
    return Buffer.concat([Buffer.of(8), double(0), ...values.map(double)]);
  }
  let width = 0;
  while (256 ** width <= span) width++;
  const planes = Array.from({ length: width }, (_, plane) =>
    Buffer.from(values.map((value) => Math.floor((value - low) / 256 ** plane) % 256)),
  );
  return Buffer.concat([Buffer.of(width), double(low), ...planes]);
}

function encodeSources(batch: MessageBatch, sources: readonly number[]): Buffer {
  const encoded = sources.map((index) => {
    const { ip, port, transport, listener, peer_cn } = batch.sources[index]!;
    const name = peer_cn === undefined ? [Buffer.of(0)] : [Buffer.of(1), prefixed(peer_cn)];
    const address = [Buffer.of(TRANSPORTS.indexOf(transport)), varint(port), prefixed(ip), prefixed(listener)];
    return Buffer.concat([...address, ...name]);
  });
  return Buffer.concat([varint(sources.length), ...encoded]);
}

function encodeColumns(columns: readonly Buffer[], rows: number, level: number): Buffer[] {
  if (rows >= APART) return [Buffer.of(1), ...columns.map((column) => frame(column, level))];
  return [Buffer.of(0), ...columns.map(({ length }) => varint(length)), frame(Buffer.concat(columns), level)];
}

/**
 * The bytes of a row as received: of its frame if that is kept or was cut, else of its pieces and a
 * header.
 */
function receivedBytes(batch: MessageBatch, { index, spans }: Row): number {
  const original = batch.originalLength[index]!;
  const raw = spans[SPAN.raw]?.length ?? 0;
  if (original > 0) return original;
  if (raw > 0) return raw;
  const pieces = [SPAN.hostname, SPAN.appname, SPAN.procid, SPAN.msgid, SPAN.structuredData, SPAN.message];
  return pieces.reduce((sum, span) => sum + (spans[span]?.length ?? 0), FRAME_HEADER[batch.format[index]!]!);
}
