import { isDeepStrictEqual } from 'node:util';
import { BSON, type Db, type Document } from 'mongodb';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { codeOf } from './collections.ts';
import { messagesIn, fromBinaryId } from './documents.ts';
import { documentAt, documentsOf, type Piece, slicePiece } from './pieces.ts';
import { driverReason } from './reasons.ts';
import { type Inserted, insertRaw, type WriteError } from './wire.ts';

const DUPLICATE = 11000;
/** The largest document that a server takes. */
const MOST_BYTES = 16 << 20;
/** Codes of a whole command that one malformed or too large document is enough for (error_codes.yml of mongod). */
const MALFORMED = new Set([22, 10334, 17280, 17419, 17420]);
/** Codes that speak of one document: as above, wrong types, refused by a validator or an index that somebody made. */
const REFUSALS = new Set([
  2, 9, 14, 15, 22, 28, 52, 53, 54, 55, 56, 57, 121, 158, 171, 10334, 16755, 16766, 17280, 17419, 17420,
]);
/** In a document, where the node's number begins: behind its length, the type and name of `_id`, and 6 bytes of ms. */
const NODE_AT = 4 + 1 + 4 + 4 + 1 + 6;
const ID_AT = NODE_AT - 6;
const ID_BYTES = 16;

export type InserterOptions = {
  readonly db: Db;
  /** Puts a row aside that is refused for good. */
  readonly onRefused: (row: number, reason: string) => void;
  /** The node that rows go to whose id something else has; told which collection and id. */
  readonly otherNode: (collection: string, id: string) => Promise<number>;
};

/** Stores pieces; what it throws is worth another try, with the same piece. */
export class Inserter {
  readonly #options: InserterOptions;

  constructor(options: InserterOptions) {
    this.#options = options;
  }

  /** Resolves when each row is on a majority's disk, or put aside. */
  async insert(piece: Piece): Promise<void> {
    const large = piece.rows.findIndex((_, index) => piece.places[index + 1]! - piece.places[index]! > MOST_BYTES);
    if (large >= 0) {
      this.#refuse(piece, large, 'it is larger than 16 MiB');
      await this.#insertPart(piece, 0, large);
      await this.#insertPart(piece, large + 1, piece.rows.length);
      return;
    }
    let answer: Inserted;
    try {
      answer = await insertRaw(this.#options.db, piece.collection, documentsOf(piece));
    } catch (error) {
      if (!MALFORMED.has(codeOf(error) ?? 0)) throw insertError(piece.collection, error);
      await this.#halve(piece, reasonOf(error));
      return;
    }
    const { writeErrors = [], writeConcernError } = answer;
    const { collection } = piece;
    if (writeConcernError) throw insertError(collection, `no majority has it yet: ${writeConcernError.errmsg}`);
    const duplicates: number[] = [];
    for (const error of writeErrors) {
      if (isDuplicateId(error)) duplicates.push(error.index);
      else if (REFUSALS.has(error.code) || error.code === DUPLICATE) this.#refuse(piece, error.index, error.errmsg);
      else throw insertError(collection, `${error.errmsg} (code ${error.code})`);
    }
    if (duplicates.length > 0) await this.#compare(piece, duplicates);
  }

  /** A command that is refused as a whole does not say for which document: smaller ones do. */
  async #halve(piece: Piece, reason: string): Promise<void> {
    const { length } = piece.rows;
    if (length === 1) {
      this.#refuse(piece, 0, reason);
      return;
    }
    const middle = length >> 1;
    await this.#insertPart(piece, 0, middle);
    await this.#insertPart(piece, middle, length);
  }

  async #insertPart(piece: Piece, from: number, to: number): Promise<void> {
    if (to > from) await this.insert(slicePiece(piece, from, to));
  }

  #refuse(piece: Piece, index: number, reason: string): void {
    this.#options.onRefused(piece.rows[index]!, reason);
  }

  /** Of rows whose ids are taken: those that are there as they are here are stored. */
  async #compare(piece: Piece, indexes: readonly number[]): Promise<void> {
    const mine = new Map(indexes.map((index) => [idAt(documentAt(piece, index)), index]));
    const ids = indexes.map((index) => new BSON.Binary(idBytes(documentAt(piece, index))));
    const collection = messagesIn(this.#options.db, piece.collection);
    const found = collection.find({ _id: { $in: ids } }, { raw: true, readConcern: { level: 'majority' } });
    for await (const stored of found as AsyncIterable<unknown>) {
      const theirs = stored as Buffer;
      const id = idAt(theirs);
      const index = mine.get(id)!;
      mine.delete(id);
      if (!isSame(documentAt(piece, index), theirs)) await this.#store(piece, index, id);
    }
    if (mine.size > 0) throw insertError(piece.collection, 'no majority has yet what the primary has');
  }

  /** Under another node's number: this can only be the spool of a machine that was copied. */
  async #store(piece: Piece, index: number, id: string): Promise<void> {
    const document = Buffer.from(documentAt(piece, index));
    document.writeUInt16BE(await this.#options.otherNode(piece.collection, id), NODE_AT);
    if (idAt(document) === id) {
      this.#refuse(piece, index, `the id ${id} is taken twice`);
      return;
    }
    await this.insert({ ...piece, rows: [piece.rows[index]!], places: [0, document.length], bytes: document });
  }
}

function isDuplicateId({ code, keyPattern, errmsg }: WriteError): boolean {
  if (code !== DUPLICATE) return false;
  return keyPattern ? Object.keys(keyPattern).join() === '_id' : errmsg.includes(' index: _id_ ');
}

function idBytes(document: Buffer): Buffer {
  return document.subarray(ID_AT, ID_AT + ID_BYTES);
}

function idAt(document: Buffer): string {
  return fromBinaryId(idBytes(document));
}

/** A hold may have marked the stored one since. */
function isSame(mine: Buffer, theirs: Buffer): boolean {
  if (mine.equals(theirs)) return true;
  const { held: _, ...stored } = BSON.deserialize(theirs) as Document;
  return isDeepStrictEqual(stored, BSON.deserialize(mine));
}

function insertError(collection: string, error: unknown): CordwoodError {
  return new CordwoodError('ERR_STORE', `cannot insert into ${collection}: ${driverReason(error)}`, { cause: error });
}
