import { crc32 } from 'node:zlib';
import { reasonOf } from '../../../base/errors.ts';
import { SPAN } from '../../../model/batch.ts';

/*
 * A block's parts. Each begins with the version byte and a CRC-32 of the rest; numbers are little-endian, `varint` is
 * seven bits a byte, lowest first. Messages have two orders. A *row* is a message's number in order of `_id`. A *kind* is
 * a pair of app and priority; a *place* is a message's number after grouping by kind, in order of `_id` within a kind:
 * similar texts then lie together, which compresses well.
 *
 *   summary  counts, first and last id, ranges, masks, then the dictionaries of apps, hosts and listeners
 *   tokens   Bloom filter: the log2 of its bits, then the bits; `lineTokens` of the summary says of which tokens
 *   columns  one section for each of COLUMN; those with numbers as planes of bytes, lowest first
 *   text     for each of TEXTS the texts in order of places, each ended by a line feed
 */

/** The first byte of each part, unless it says otherwise. */
const VERSION = 1;
/**
 * The first byte of `text` if its texts are stored as templates, see `templates.ts`, and of `summary` if process ids
 * are coded as in `procids.ts`.
 */
export const FORMAT_2 = 2;
export const FORMAT_1 = VERSION;
/** Most messages in a block. */
export const MAX_ROWS = 16_384;
/**
 * Most bytes of text in a block that is written or merged, unless one message has more. Who reads
 * or merges a block holds all of its text several times. Blocks of earlier versions may be larger.
 */
export const MAX_TEXT_BYTES = 8 << 20;

/**
 * The sections of `columns`, in their order. The first four are in order of rows, the others in
 * order of places.
 */
export const COLUMN = {
  receivedAt: 0,
  sequence: 1,
  node: 2,
  kind: 3,
  host: 4,
  source: 5,
  procid: 6,
  msgid: 7,
  timestamp: 8,
  timestampUs: 9,
  timestampOffset: 10,
  format: 11,
  version: 12,
  flags: 13,
  originalLength: 14,
  messageLength: 15,
  structuredDataLength: 16,
  rawLength: 17,
  fieldsLength: 18,
  kinds: 19,
  procids: 20,
  msgids: 21,
  sources: 22,
} as const;
export const COLUMNS = 23;

/** The texts, in their order in `text`; `COLUMN.messageLength` + index is their column of lengths. */
export const TEXT = { message: 0, structuredData: 1, raw: 2, fields: 3 } as const;
export const TEXTS = 4;
/** The span of a batch for each of `TEXT`. */
export const TEXT_SPANS = [SPAN.message, SPAN.structuredData, SPAN.raw, SPAN.fields];

/**
 * Ends each text. If a text contains one, its column of lengths has lengths + 1 instead of 1; 0 is
 * always absent.
 */
export const LINE_FEED = 0x0a;

const HEADER = 5;

/** The error of a block that cannot be read. */
export function damaged(what: string, cause?: unknown): Error {
  return new Error(`damaged block: ${what}`, cause === undefined ? undefined : { cause });
}

/** Room for the header of a part, which `seal` fills in. */
export const HEADER_BYTES = HEADER;

/** Writes version and checksum before the body that follows the first `HEADER_BYTES` bytes. */
export function seal(part: Buffer, version = VERSION): Buffer {
  part[0] = version;
  part.writeUInt32LE(crc32(part.subarray(HEADER)), 1);
  return part;
}

/**
 * The body of a part. @param newest the highest version that is known
 * @throws if the version is unknown or the checksum does not match
 */
export function unseal(part: Uint8Array, name: string, newest = VERSION): Buffer {
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  if (bytes.length < HEADER) throw damaged(`${name} has ${bytes.length} bytes`);
  if (bytes[0]! < VERSION || bytes[0]! > newest)
    throw damaged(
      `${name} has version ${bytes[0]}, this program reads ${newest > VERSION ? `${VERSION} to ` : ''}${newest}`,
    );
  const body = bytes.subarray(HEADER);
  if (crc32(body) !== bytes.readUInt32LE(1)) throw damaged(`the checksum of ${name} does not match`);
  return body;
}

/** Runs a decoder; anything it throws is reported as damage. */
export function guarded<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw asDamage(what, error);
  }
}

/** `guarded` for a generator. */
export function* guardedTurns<Turn>(what: string, turns: Generator<Turn, void>): Generator<Turn, void> {
  try {
    yield* turns;
  } catch (error) {
    throw asDamage(what, error);
  }
}

function asDamage(what: string, error: unknown): Error {
  if (error instanceof Error && error.message.startsWith('damaged block: ')) return error;
  return damaged(`${what}: ${reasonOf(error)}`, error);
}
