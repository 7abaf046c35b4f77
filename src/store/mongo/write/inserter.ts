import { isDeepStrictEqual } from 'node:util';
import { BSON, type Db, type Document } from 'mongodb';
import { CordwoodError, reasonOf } from '../../../base/errors.ts';
import { fromBinaryId, messagesIn } from '../documents.ts';
import { driverReason } from '../driver-reason.ts';
import { codeOf, DUPLICATE, verdictOnCommand, verdictOnDocument } from '../error-codes.ts';
import { type Inserted, insertRaw, type WriteError } from './insert-command.ts';
import { documentAt, documentsOf, type Piece, slicePiece } from './pieces.ts';
import { PoisonDocuments } from './poison-documents.ts';

/** The largest document that a server accepts. */
const MAX_BYTES = 16 << 20;
/** The most commands in a row that may be refused during the search for the documents to blame. */
const MAX_REFUSED_COMMANDS = 40;
/**
 * Offset of the id in a document: after its length, and the type, name, length and subtype of
 * `_id`.
 */
const ID_AT = 4 + 1 + 4 + 4 + 1;
/** Offset of the node in a document: after the 6 bytes of the arrival time. */
const NODE_AT = ID_AT + 6;
const ID_BYTES = 16;

export type InserterOptions = {
  readonly db: Db;
  /** Called for each row that will never be accepted. */
  readonly onRefused: (row: number, reason: string) => void;
  /** The node number for a row whose id another message already has in this collection. */
  readonly secondNode: (collection: string, id: string) => Promise<number>;
  readonly poison?: PoisonDocuments;
};

/** Inserts pieces; if it throws, inserting the same piece again may succeed. */
export class Inserter {
  readonly #options: InserterOptions;
  readonly #poison: PoisonDocuments;
  /** The latest cluster time at which a majority had what was inserted. */
  clusterTime: bigint | undefined;

  constructor(options: InserterOptions) {
    this.#options = options;
    this.#poison = options.poison ?? new PoisonDocuments();
  }

  /** Call after all pieces of a batch are stored, to forget its refusals. */
  done(): void {
    this.#poison.clear();
  }

  /** Resolves when each row is on disk on a majority, or reported as refused. */
  async insert(piece: Piece): Promise<void> {
    const large = piece.rows.findIndex((_, index) => piece.offsets[index + 1]! - piece.offsets[index]! > MAX_BYTES);
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
      await this.#onCommandError(piece, error);
      return;
    }
    await this.#onReply(piece, answer);
  }

  async #onReply(piece: Piece, { n, writeErrors = [], writeConcernError, operationTime }: Inserted): Promise<void> {
    const { collection } = piece;
    const time = operationTime?.toBigInt() ?? 0n;
    if (time > (this.clusterTime ?? 0n)) this.clusterTime = time;
    if (writeConcernError)
      throw insertError(collection, `not yet replicated to a majority: ${writeConcernError.errmsg}`);
    const duplicates = writeErrors.filter(isDuplicateId).map(({ index }) => index);
    const othersAccepted = n > 0 || duplicates.length > 0;
    let retryable: WriteError | undefined;
    for (const error of writeErrors) {
      if (!isDuplicateId(error) && !this.#isRefusal(piece, error, othersAccepted)) retryable = error;
    }
    if (retryable) throw insertError(collection, reasonIn(retryable));
    if (duplicates.length > 0) await this.#compare(piece, duplicates);
  }

  /** @returns whether the document is reported as refused; otherwise it is worth a retry */
  #isRefusal(piece: Piece, error: WriteError, othersAccepted: boolean): boolean {
    const verdict = verdictOnDocument(error.code);
    if (verdict === 'transient') return false;
    const id = idAt(documentAt(piece, error.index));
    if (verdict === 'unknown') {
      this.#poison.note(id);
      if (!this.#poison.isPoison(id, error.code, othersAccepted)) return false;
    }
    this.#refuse(piece, error.index, reasonIn(error));
    return true;
  }

  /**
   * A command that fails as a whole does not tell which document is to blame, if any: smaller
   * commands do.
   */
  async #onCommandError(piece: Piece, error: unknown): Promise<void> {
    const verdict = verdictOnCommand(error);
    if (verdict === 'transient') throw insertError(piece.collection, error);
    if (verdict === 'refused') {
      await this.#halve(piece, reasonOf(error));
      return;
    }
    const id = idAt(documentAt(piece, 0));
    this.#poison.note(id);
    if (!this.#poison.isSuspect(id, codeOf(error)!)) throw unknownError(piece.collection, error);
    await this.#search(piece, error);
  }

  /**
   * Finds the documents that a command is refused for, with a code that need not be about documents
   * at all.
   */
  async #search(piece: Piece, error: unknown): Promise<void> {
    const refused: Piece[] = [];
    let othersAccepted = false;
    let refusedCommands = 1;
    const search = async (part: Piece): Promise<void> => {
      if (refusedCommands > MAX_REFUSED_COMMANDS) throw unknownError(piece.collection, error);
      let answer: Inserted;
      try {
        answer = await insertRaw(this.#options.db, part.collection, documentsOf(part));
      } catch (other) {
        if (verdictOnCommand(other) === 'transient') throw insertError(piece.collection, other);
        refusedCommands++;
        if (part.rows.length === 1) refused.push(part);
        else for (const half of halvesOf(part)) await search(half);
        return;
      }
      await this.#onReply(part, answer);
      othersAccepted = true;
      refusedCommands = 0;
    };
    for (const half of halvesOf(piece)) await search(half);
    const first = idAt(documentAt(piece, 0));
    if (!this.#poison.isPoison(first, codeOf(error)!, othersAccepted)) throw unknownError(piece.collection, error);
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

  /**
   * Compares rows whose ids exist already with the stored documents: equal ones are stored, from an
   * earlier attempt.
   */
  async #compare(piece: Piece, indexes: readonly number[]): Promise<void> {
    const ours = new Map(indexes.map((index) => [idAt(documentAt(piece, index)), index]));
    const ids = indexes.map((index) => new BSON.Binary(idBytes(documentAt(piece, index))));
    const collection = messagesIn(this.#options.db, piece.collection);
    const found = collection.find({ _id: { $in: ids } }, { raw: true, readConcern: { level: 'majority' } });
    for await (const stored of found as AsyncIterable<unknown>) {
      const theirs = stored as Buffer;
      const id = idAt(theirs);
      const index = ours.get(id)!;
      ours.delete(id);
      if (!isSame(documentAt(piece, index), theirs)) await this.#storeAsSecondNode(piece, index, id);
    }
    if (ours.size > 0)
      throw insertError(piece.collection, 'the primary has documents that are not yet replicated to a majority');
  }

  /**
   * Another message has this id, so this data folder must be a copy of one in use: both number
   * their messages alike.
   */
  async #storeAsSecondNode(piece: Piece, index: number, id: string): Promise<void> {
    const document = Buffer.from(documentAt(piece, index));
    document.writeUInt16BE(await this.#options.secondNode(piece.collection, id), NODE_AT);
    if (idAt(document) === id) {
      this.#refuse(piece, index, `another message has the id ${id} under both node numbers`);
      return;
    }
    await this.insert({ ...piece, rows: [piece.rows[index]!], offsets: [0, document.length], bytes: document });
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

/** Ignores the mark that a hold may have set on the stored document. */
function isSame(ours: Buffer, theirs: Buffer): boolean {
  if (ours.equals(theirs)) return true;
  const { held: _, ...stored } = BSON.deserialize(theirs) as Document;
  return isDeepStrictEqual(stored, BSON.deserialize(ours));
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
