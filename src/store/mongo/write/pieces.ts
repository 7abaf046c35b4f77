import { releaseMemory } from '../../../base/memory.ts';
import { DAY } from '../../../base/units.ts';
import { type MessageBatch, SPANS } from '../../../model/batch.ts';
import { collectionOf, dayCollectionOf } from '../documents.ts';
import { ByteWriter } from './byte-writer.ts';
import type { DocumentEncoder } from './document-encoder.ts';

/** Rows of a batch that one command inserts into one collection. */
export type Part = { readonly collection: string; readonly stream: string; readonly rows: readonly number[] };

/** A part, encoded one row after the other. */
export type Piece = Part & {
  /** The start of each document in `bytes`, and the end of the last one. */
  readonly offsets: readonly number[];
  readonly bytes: Buffer;
};

/** The fewest rows that are worth a command of their own. */
const MIN_ROWS = 250;
/** Bytes of text from which a piece is full: the memory of inserts is some times `in_flight` times as much. */
const MAX_BYTES = 2 << 20;
/** A buffer that one large document has made longer than this is not kept. */
const MAX_KEPT = 4 << 20;

export type Splitting = {
  /** Whether each day has its own collection. */
  readonly byDay: boolean;
  /** Parts that a large batch is split into, to be inserted concurrently. */
  readonly inFlight: number;
  /** Rows to leave out. */
  readonly without: ReadonlySet<number>;
};

/** Splits a batch into parts, by rows and by bytes of text. */
export function partsOf(batch: MessageBatch, splitting: Splitting): Part[] {
  const { byDay, inFlight } = splitting;
  const parts: Part[] = [];
  const maxRows = Math.max(MIN_ROWS, Math.ceil(batch.count / inFlight));
  for (const [stream, rows] of groups(batch, splitting)) {
    let part: number[] = [];
    let bytes = Infinity;
    for (const row of rows) {
      if (part.length >= maxRows || bytes >= MAX_BYTES) {
        part = [];
        bytes = 0;
        const collection = byDay ? dayCollectionOf(stream, dayOf(batch, row)) : collectionOf(stream);
        parts.push({ collection, stream, rows: part });
      }
      part.push(row);
      bytes += textBytes(batch, row);
    }
  }
  return parts;
}

/** Encodes parts of a batch, each into the memory of an earlier piece that is done. */
export class PieceEncoder {
  readonly #encoder: DocumentEncoder;
  readonly #free: ByteWriter[] = [];

  constructor(encoder: DocumentEncoder) {
    this.#encoder = encoder;
  }

  /** @param use what the piece is for; its bytes are valid until it has ended */
  async encoded<Result>(part: Part, use: (piece: Piece) => Promise<Result>): Promise<Result> {
    const out = this.#free.pop() ?? new ByteWriter(1 << 18);
    out.used = 0;
    const offsets = [0];
    for (const row of part.rows) {
      this.#encoder.add(row, out);
      offsets.push(out.used);
    }
    try {
      return await use({ ...part, offsets, bytes: out.buffer });
    } finally {
      if (out.buffer.length <= MAX_KEPT) this.#free.push(out);
      else releaseMemory(out.buffer);
    }
  }
}

/** A piece with some of the rows. */
export function slicePiece(piece: Piece, from: number, to: number): Piece {
  return { ...piece, rows: piece.rows.slice(from, to), offsets: piece.offsets.slice(from, to + 1) };
}

/** The document of a row of the piece. */
export function documentAt({ bytes, offsets }: Piece, index: number): Buffer {
  return bytes.subarray(offsets[index]!, offsets[index + 1]!);
}

/** All documents of a piece. */
export function documentsOf({ bytes, offsets }: Piece): Buffer {
  return bytes.subarray(offsets[0]!, offsets.at(-1)!);
}

function* groups(batch: MessageBatch, { byDay, without }: Splitting): Generator<[stream: string, rows: number[]]> {
  const all = Array.from({ length: batch.count }, (_, row) => row).filter((row) => !without.has(row));
  for (const [stream, rows] of Map.groupBy(all, (row) => batch.stream[row]!)) {
    const name = batch.streams[stream]!;
    if (!byDay) yield [name, rows];
    else
      for (const day of Map.groupBy(rows, (row) => Math.floor(batch.receivedAt[row]! / DAY)).values())
        yield [name, day];
  }
}

function textBytes({ lengths }: MessageBatch, row: number): number {
  let sum = 0;
  for (let span = row * SPANS; span < row * SPANS + SPANS; span++) sum += Math.max(0, lengths[span]!);
  return sum;
}

/** The UTC day of arrival, `2026-11-22`. */
function dayOf(batch: MessageBatch, row: number): string {
  return new Date(batch.receivedAt[row]!).toISOString().slice(0, 10);
}
