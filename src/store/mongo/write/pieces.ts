import type { MessageBatch } from '../../../model/batch.ts';
import { collectionOf, dayCollectionOf } from '../documents.ts';
import type { DocumentEncoder } from './document-encoder.ts';

/** Some rows of a batch that go into one collection with one command, encoded one behind the other. */
export type Piece = {
  readonly collection: string;
  readonly stream: string;
  readonly rows: readonly number[];
  /** Where the documents begin in `bytes`, and at last where they end. */
  readonly places: readonly number[];
  readonly bytes: Buffer;
};

/** A command of fewer is not worth its while. */
const LEAST_ROWS = 250;
/** Less than a retry should cost, and a sixth of what a server takes. */
const MOST_BYTES = 8 << 20;
const DAY = 86_400_000;

export type Parting = {
  /** Whether each day has a collection of its own. */
  readonly byDay: boolean;
  /** Pieces that a large batch makes: they are in flight together. */
  readonly inFlight: number;
  /** Rows that are left out. */
  readonly without: ReadonlySet<number>;
};

/** Encodes a batch and parts it; the pieces' bytes are the encoder's, valid until its next batch. */
export function piecesOf(batch: MessageBatch, encoder: DocumentEncoder, parting: Parting): Piece[] {
  const { byDay, inFlight } = parting;
  encoder.start(batch);
  const parts: Omit<Piece, 'bytes'>[] = [];
  const most = Math.max(LEAST_ROWS, Math.ceil(batch.count / inFlight));
  for (const [stream, rows] of groups(batch, parting)) {
    let piece: { collection: string; stream: string; rows: number[]; places: number[] } | undefined;
    let end = encoder.used;
    for (const row of rows) {
      if (!piece || piece.rows.length >= most || end - piece.places[0]! >= MOST_BYTES) {
        piece = { collection: collectionFor(batch, { stream, row, byDay }), stream, rows: [], places: [end] };
        parts.push(piece);
      }
      end = encoder.add(row);
      piece.rows.push(row);
      piece.places.push(end);
    }
  }
  const { bytes } = encoder;
  return parts.map((part) => ({ ...part, bytes }));
}

/** Some of a piece's rows, as a piece. */
export function slicePiece(piece: Piece, from: number, to: number): Piece {
  return { ...piece, rows: piece.rows.slice(from, to), places: piece.places.slice(from, to + 1) };
}

/** The document of a piece's row. */
export function documentAt({ bytes, places }: Piece, index: number): Buffer {
  return bytes.subarray(places[index]!, places[index + 1]!);
}

/** All documents of a piece. */
export function documentsOf({ bytes, places }: Piece): Buffer {
  return bytes.subarray(places[0]!, places.at(-1)!);
}

function* groups(batch: MessageBatch, { byDay, without }: Parting): Generator<[stream: string, rows: number[]]> {
  const all = Array.from({ length: batch.count }, (_, row) => row).filter((row) => !without.has(row));
  for (const [stream, rows] of Map.groupBy(all, (row) => batch.stream[row]!)) {
    const name = batch.streams[stream]!;
    if (!byDay) yield [name, rows];
    else
      for (const day of Map.groupBy(rows, (row) => Math.floor(batch.receivedAt[row]! / DAY)).values())
        yield [name, day];
  }
}

type Place = { readonly stream: string; readonly row: number; readonly byDay: boolean };

function collectionFor(batch: MessageBatch, { stream, row, byDay }: Place): string {
  if (!byDay) return collectionOf(stream);
  return dayCollectionOf(stream, new Date(batch.receivedAt[row]!).toISOString().slice(0, 10));
}
