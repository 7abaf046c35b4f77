import { encodeId } from '../../../model/id.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { Dictionary } from './dictionary.ts';
import { damaged, FORMAT_2, guarded, HEADER_BYTES, MAX_ROWS, seal, unseal } from './format.ts';
import { type PackedFrame, readFrame, unpackFrame, writeFrame } from './frames.ts';

/** What is known of a block without its rows. Masks have a bit for each value that occurs. */
export type BlockRanges = {
  readonly count: number;
  readonly firstAt: number;
  readonly firstNode: number;
  readonly firstSequence: number;
  readonly lastAt: number;
  readonly lastNode: number;
  readonly lastSequence: number;
  /** Lowest and highest `timestamp`, ms. */
  readonly timestampLow: number;
  readonly timestampHigh: number;
  /** Bytes of the messages as received. */
  readonly rawBytes: number;
  readonly severities: number;
  readonly facilities: number;
  readonly formats: number;
  readonly flags: number;
  readonly transports: number;
  /** Whether a message has bytes beyond ASCII. */
  readonly wide: boolean;
  readonly oneNode: boolean;
  /**
   * Whether the token filter holds the tokens of everything in `LINE` but hosts, apps and process
   * ids of digits only. Blocks of earlier versions have those of messages alone.
   */
  readonly lineTokens: boolean;
  /** Whether each process id consists of digits. */
  readonly decimalProcids: boolean;
};

/** Bits beside the formats in their mask: earlier versions pass over them. */
const LINE_TOKENS = 0x80;
const DECIMAL_PROCIDS = 0x40;

/**
 * Larger dictionaries are compressed: it halves every summary, and costs a query that reads names
 * some 10 µs.
 */
const SMALL_DICTIONARIES = 512;

/** The summary as a part; `dictionaries` holds those of apps, hosts and listeners, in this order. */
export function encodeSummary(ranges: BlockRanges, dictionaries: ByteWriter, version: number): Buffer {
  const out = new ByteWriter(256 + dictionaries.length);
  out.length = HEADER_BYTES;
  for (const value of numbersOf(ranges)) out.f64(value);
  for (const value of masksOf(ranges)) out.varint(value >>> 0);
  writeFrame(out, dictionaries.view(), dictionaries.length > SMALL_DICTIONARIES ? 1 : 0);
  return seal(out.copy(), version);
}

/** A block's summary; the dictionaries are read on first use. */
export class BlockSummary {
  readonly ranges: BlockRanges;
  /** The version byte: with 2, process ids are coded as in `procids.ts`. */
  readonly version: number;
  readonly #frame: PackedFrame;
  #names: Buffer | undefined;
  #dictionaries: { apps: Dictionary; hosts: Dictionary; listeners: Dictionary } | undefined;

  /** @throws if the part is damaged */
  constructor(part: Uint8Array) {
    const body = unseal(part, 'the summary', FORMAT_2);
    this.version = part[0]!;
    const reader = new ByteReader(body);
    const [ranges, frame] = guarded('the summary', () => [readRanges(reader), readFrame(reader)] as const);
    if (!(Number.isInteger(ranges.count) && ranges.count > 0 && ranges.count <= MAX_ROWS))
      throw damaged(`it counts ${ranges.count} rows`);
    this.ranges = ranges;
    this.#frame = frame;
  }

  get first(): string {
    return encodeId(this.ranges.firstAt, this.ranges.firstNode, this.ranges.firstSequence);
  }

  get last(): string {
    return encodeId(this.ranges.lastAt, this.ranges.lastNode, this.ranges.lastSequence);
  }

  get apps(): Dictionary {
    return this.#read().apps;
  }

  get hosts(): Dictionary {
    return this.#read().hosts;
  }

  get listeners(): Dictionary {
    return this.#read().listeners;
  }

  /** The bytes of all three dictionaries, to rule out what none of them can hold. */
  get names(): Buffer {
    this.#names ??= guarded('the dictionaries', () => unpackFrame(this.#frame));
    return this.#names;
  }

  #read(): { apps: Dictionary; hosts: Dictionary; listeners: Dictionary } {
    this.#dictionaries ??= guarded('the dictionaries', () => {
      const reader = new ByteReader(this.names);
      return { apps: new Dictionary(reader), hosts: new Dictionary(reader), listeners: new Dictionary(reader) };
    });
    return this.#dictionaries;
  }
}

function numbersOf(ranges: BlockRanges): number[] {
  const { count, firstAt, firstNode, firstSequence, lastAt, lastNode, lastSequence } = ranges;
  const { timestampLow, timestampHigh, rawBytes } = ranges;
  return [
    count,
    firstAt,
    firstNode,
    firstSequence,
    lastAt,
    lastNode,
    lastSequence,
    timestampLow,
    timestampHigh,
    rawBytes,
  ];
}

function masksOf(ranges: BlockRanges): number[] {
  const { severities, facilities, flags, transports, wide, oneNode } = ranges;
  const marks = (ranges.lineTokens ? LINE_TOKENS : 0) | (ranges.decimalProcids ? DECIMAL_PROCIDS : 0);
  return [severities, facilities, ranges.formats | marks, flags, transports, wide ? 1 : 0, oneNode ? 1 : 0];
}

function readRanges(reader: ByteReader): BlockRanges {
  const ranges = {
    count: reader.f64(),
    firstAt: reader.f64(),
    firstNode: reader.f64(),
    firstSequence: reader.f64(),
    lastAt: reader.f64(),
    lastNode: reader.f64(),
    lastSequence: reader.f64(),
    timestampLow: reader.f64(),
    timestampHigh: reader.f64(),
    rawBytes: reader.f64(),
    severities: reader.varint(),
    facilities: reader.varint(),
    formats: reader.varint(),
    flags: reader.varint(),
    transports: reader.varint(),
    wide: reader.varint() === 1,
    oneNode: reader.varint() === 1,
  };
  const { formats } = ranges;
  return {
    ...ranges,
    formats: formats & ~(LINE_TOKENS | DECIMAL_PROCIDS),
    lineTokens: (formats & LINE_TOKENS) !== 0,
    decimalProcids: (formats & DECIMAL_PROCIDS) !== 0,
  };
}
