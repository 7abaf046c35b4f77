import { isDeepStrictEqual } from 'node:util';
import { BSON, type Db, type Document } from 'mongodb';
import { CordwoodError, reasonOf } from '../../../base/errors.ts';
import { codeOf, DUPLICATE, verdictOnCommand, verdictOnDocument } from '../error-codes.ts';
import { messagesIn, fromBinaryId } from '../documents.ts';
import { documentAt, documentsOf, type Piece, slicePiece } from './pieces.ts';
import { driverReason } from '../driver-reason.ts';
import { PoisonDocuments } from './poison-documents.ts';
import { type Inserted, insertRaw, type WriteError } from './insert-command.ts';

/** The largest document that a server takes. */
const MOST_BYTES = 16 << 20;
/** Refusals of whole commands in a row, while it is looked for the document that they are about. */
const MOST_IN_VAIN = 40;
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
  readonly poison?: PoisonDocuments;
};

/** Stores pieces; what it throws is worth another try, with the same piece. */
export class Inserter {
  readonly #options: InserterOptions;
  readonly #poison: PoisonDocuments;
  /** The latest time, by the cluster's clock, at which a majority had what was inserted. */
  reached: bigint | undefined;

  constructor(options: InserterOptions) {
    this.#options = options;
    this.#poison = options.poison ?? new PoisonDocuments();
  }

  /** All pieces of a batch are stored: of another one, other documents may be refused. */
  done(): void {
    this.#poison.clear();
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
      await this.#refusedWhole(piece, error);
      return;
    }
    await this.#take(piece, answer);
  }

  async #take(piece: Piece, { n, writeErrors = [], writeConcernError, operationTime }: Inserted): Promise<void> {
    const { collection } = piece;
    const time = operationTime?.toBigInt() ?? 0n;
    if (time > (this.reached ?? 0n)) this.reached = time;
    if (writeConcernError) throw insertError(collection, `no majority has it yet: ${writeConcernError.errmsg}`);
    const duplicates = writeErrors.filter(isDuplicateId).map(({ index }) => index);
    const besides = n > 0 || duplicates.length > 0;
    let open: WriteError | undefined;
    for (const error of writeErrors) {
      if (!isDuplicateId(error) && !this.#isRefusal(piece, error, besides)) open = error;
    }
    if (open) throw insertError(collection, reasonIn(open));
    if (duplicates.length > 0) await this.#compare(piece, duplicates);
  }

  /** @returns whether the document is put aside; otherwise it is worth another try */
  #isRefusal(piece: Piece, error: WriteError, besides: boolean): boolean {
    const verdict = verdictOnDocument(error.code);
    if (verdict === 'transient') return false;
    const id = idAt(documentAt(piece, error.index));
    if (verdict === 'unknown') {
      this.#poison.note(id);
      if (!this.#poison.isGuilty(id, error.code, besides)) return false;
    }
    this.#refuse(piece, error.index, reasonIn(error));
    return true;
  }

  /** A command that is refused as a whole does not say for which document, if for any: smaller ones do. */
  async #refusedWhole(piece: Piece, error: unknown): Promise<void> {
    const verdict = verdictOnCommand(error);
    if (verdict === 'transient') throw insertError(piece.collection, error);
    if (verdict === 'refused') {
      await this.#halve(piece, reasonOf(error));
      return;
    }
    const id = idAt(documentAt(piece, 0));
    this.#poison.note(id);
    if (!this.#poison.isTried(id, codeOf(error)!)) throw unknownError(piece.collection, error);
    await this.#search(piece, error);
  }

  /** Looks for the documents that a command is refused for, with a code that may as well be about all of them. */
  async #search(piece: Piece, error: unknown): Promise<void> {
    const refused: Piece[] = [];
    let taken = false;
    let inVain = 1;
    const look = async (part: Piece): Promise<void> => {
      if (inVain > MOST_IN_VAIN) throw unknownError(piece.collection, error);
      let answer: Inserted;
      try {
        answer = await insertRaw(this.#options.db, part.collection, documentsOf(part));
      } catch (other) {
        if (verdictOnCommand(other) === 'transient') throw insertError(piece.collection, other);
        inVain++;
        if (part.rows.length === 1) refused.push(part);
        else for (const half of halvesOf(part)) await look(half);
        return;
      }
      await this.#take(part, answer);
      taken = true;
      inVain = 0;
    };
    for (const half of halvesOf(piece)) await look(half);
    const first = idAt(documentAt(piece, 0));
    if (!this.#poison.isGuilty(first, codeOf(error)!, taken)) throw unknownError(piece.collection, error);
    for (const part of refused) this.#refuse(part, 0, `${reasonOf(error)} (code ${codeOf(error)})`);
  }

  async #halve(piece: Piece, reason: string): Promise<void> {
    const { length } = piece.rows;
    if (length === 1) {
      this.#refuse(piece, 0, reason);
      return;
    }
    for (const half of halvesOf(piece)) await this.insert(half);
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

function halvesOf(piece: Piece): Piece[] {
  const { length } = piece.rows;
  if (length === 1) return [piece];
  return [slicePiece(piece, 0, length >> 1), slicePiece(piece, length >> 1, length)];
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

function reasonIn({ errmsg, code }: WriteError): string {
  return `${errmsg} (code ${code})`;
}

function unknownError(collection: string, error: unknown): CordwoodError {
  return insertError(collection, `${reasonOf(error)} (code ${codeOf(error)})`);
}

function insertError(collection: string, error: unknown): CordwoodError {
  return new CordwoodError('ERR_STORE', `cannot insert into ${collection}: ${driverReason(error)}`, { cause: error });
}
