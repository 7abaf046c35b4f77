import { DAY } from '../../../base/units.ts';
import type { MessageBatch } from '../../../model/batch.ts';
import { collectionOf, dayCollectionOf } from '../documents.ts';
import type { DocumentEncoder } from './document-encoder.ts';

/** Rows of a batch that one command inserts into one collection, encoded one after the other. */
export type Piece = {
  readonly collection: string;
  readonly stream: string;
  readonly rows: readonly number[];
  /** The start of each document in `bytes`, and the end of the last one. */
  readonly offsets: readonly number[];
  readonly bytes: Buffer;
};

/** The fewest rows that are worth a command of their own. */
const MIN_ROWS = 250;
/** Keeps a retry cheap; a server accepts six times as much. */
const MAX_BYTES = 8 << 20;

export type Splitting = {
  /** Whether each day has its own collection. */
  readonly byDay: boolean;
  /** Pieces that a large batch is split into, to be inserted concurrently. */
  readonly inFlight: number;
  /** Rows to leave out. */
  readonly without: ReadonlySet<number>;
};

/**
 * Encodes a batch and splits it into pieces. Their bytes belong to the encoder and are valid until
 * its next batch.
 */
export function piecesOf(batch: MessageBatch, encoder: DocumentEncoder, splitting: Splitting): Piece[] {
  const { byDay, inFlight } = splitting;
  encoder.start(batch);
  const parts: Omit<Piece, 'bytes'>[] = [];
  const maxRows = Math.max(MIN_ROWS, Math.ceil(batch.count / inFlight));
  for (const [stream, rows] of groups(batch, splitting)) {
    let piece: { collection: string; stream: string; rows: number[]; offsets: number[] } | undefined;
    let end = encoder.used;
    for (const row of rows) {
      if (!piece || piece.rows.length >= maxRows || end - piece.offsets[0]! >= MAX_BYTES) {
        piece = {
          collection: byDay ? dayCollectionOf(stream, dayOf(batch, row)) : collectionOf(stream),
          stream,
          rows: [],
          offsets: [end],
        };
        parts.push(piece);
      }
      end = encoder.add(row);
      piece.rows.push(row);
      piece.offsets.push(end);
    }
  }
  const { bytes } = encoder;
  return parts.map((part) => ({ ...part, bytes }));
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

/** The UTC day of arrival, `2026-11-22`. */
function dayOf(batch: MessageBatch, row: number): string {
  return new Date(batch.receivedAt[row]!).toISOString().slice(0, 10);
}
