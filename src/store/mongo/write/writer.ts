import { randomUUID } from 'node:crypto';
import { type Logger, SILENT } from '../../../base/log.ts';
import type { MessageBatch } from '../../../model/batch.ts';
import type { Position } from '../../../model/id.ts';
import { toJson } from '../../../model/json.ts';
import type {
  ExpireReport,
  Retention,
  StateChange,
  StoredSequences,
  StoreOptions,
  StoreState,
  StoreWriter,
} from '../../contract.ts';
import { type DeadLetter, DeadLetters } from '../../dead-letters.ts';
import { checkKeep } from '../collections.ts';
import {
  type Connection,
  connectWriter,
  indexedFieldsOf,
  inFlightOf,
  type MongoWriterTarget,
  openError,
} from '../connection.ts';
import { checkLayout, recordLayout } from '../layout.ts';
import { Positions } from '../positions.ts';
import { Expirer } from '../retention/expirer.ts';
import { MongoState } from '../state.ts';
import { CollectionSetup } from './collection-setup.ts';
import { DocumentEncoder } from './document-encoder.ts';
import { Inserter } from './inserter.ts';
import { type Part, partsOf, PieceEncoder, type Splitting } from './pieces.ts';

/** The writer of one node. Writers of other nodes may write to the same database at the same time. */
export class MongoWriter implements StoreWriter {
  readonly #connection: Connection;
  readonly #options: StoreOptions;
  readonly #nodeNumber: MongoWriterTarget['nodeNumber'];
  readonly #log: Logger;
  readonly #splitting: Pick<Splitting, 'byDay' | 'inFlight'>;
  readonly #state: MongoState;
  readonly #positions: Positions;
  readonly #collections: CollectionSetup;
  readonly #expirer: Expirer;
  readonly #inserter: Inserter;
  readonly #deadLetters: DeadLetters;
  #retention: Retention;
  readonly #encoder = new DocumentEncoder();
  readonly #pieces = new PieceEncoder(this.#encoder);
  /**
   * The batch being stored, how often it had been filled then, its rows in the dead letters, and
   * those still to go there.
   */
  #batch: MessageBatch | undefined;
  #filling = -1;
  readonly #deadRows = new Set<number>();
  readonly #refused = new Map<number, string>();

  private constructor(connection: Connection, target: MongoWriterTarget, options: StoreOptions) {
    const { db } = connection;
    this.#connection = connection;
    this.#options = options;
    this.#nodeNumber = target.nodeNumber;
    this.#log = options.log ?? SILENT;
    this.#splitting = { byDay: target.partition === 'day', inFlight: inFlightOf(target) };
    this.#state = new MongoState(db, options.now);
    this.#positions = new Positions(db, this.#state);
    const { byDay } = this.#splitting;
    const fields = indexedFieldsOf(target);
    this.#collections = new CollectionSetup(db, { retention: options, byDay, fields, log: this.#log });
    this.#retention = options;
    this.#expirer = new Expirer(db, this.#state, randomUUID());
    this.#deadLetters = new DeadLetters(options.folder);
    this.#inserter = new Inserter({
      db,
      onRefused: (row, reason) => void this.#refused.set(row, reason),
      secondNode: (collection, id) => this.#secondNode(collection, id),
    });
  }

  /**
   * Connects, and creates what is missing in the database.
   * @throws CordwoodError ERR_CONFIG, ERR_STORE, ERR_DATA_VERSION
   */
  static async open(target: MongoWriterTarget, options: StoreOptions): Promise<MongoWriter> {
    checkKeep(options.streams);
    const connection = connectWriter(target);
    try {
      await connection.client.connect();
      const writer = new MongoWriter(connection, target, options);
      if (!(await checkLayout(connection.db, writer.#state))) await recordLayout(writer.#state);
      await writer.#collections.all();
      return writer;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw openError(target, error);
    }
  }

  /**
   * Inserts the parts of a batch, `in_flight` at a time. If one fails, the caller retries the batch, which
   * stores nothing twice.
   */
  async insert(batch: MessageBatch): Promise<void> {
    if (batch.count === 0) return;
    if (this.#batch !== batch || this.#filling !== batch.fillings) this.#deadRows.clear();
    this.#refused.clear();
    this.#batch = batch;
    this.#filling = batch.fillings;
    await this.#positions.promise(batch.node, batch.receivedAt[batch.count - 1]!);
    const parts = partsOf(batch, { ...this.#splitting, without: this.#deadRows });
    for (const { collection, stream } of parts) await this.#collections.one(collection, stream);
    this.#encoder.start(batch);
    const left = parts.values();
    const turns = Array.from({ length: this.#splitting.inFlight }, () => this.#insertParts(left));
    const results = await Promise.allSettled(turns);
    this.#addDeadLetters(batch);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    this.#inserter.done();
  }

  /** Inserts one part after the other, and ends if one fails. */
  async #insertParts(left: IterableIterator<Part>): Promise<void> {
    for (const part of left) await this.#pieces.encoded(part, (piece) => this.#inserter.insert(piece));
  }

  get clusterTime(): bigint | undefined {
    return this.#inserter.clusterTime;
  }

  #addDeadLetters(batch: MessageBatch): void {
    const refused = [...this.#refused].sort(([a], [b]) => a - b);
    const letters = refused.map(([row, reason]): DeadLetter => {
      const message = toJson(batch.message(row));
      return { id: message._id, at: Date.now(), reason, message };
    });
    this.#deadLetters.add(letters);
    for (const { id, reason } of letters) {
      this.#log.error(`MongoDB refuses message ${id}: ${reason}; see cordwood dead-letter show ${id}`);
    }
    for (const [row] of refused) {
      this.#deadRows.add(row);
      this.#options.onDeadLetter?.(batch, row);
    }
  }

  /** Always the same number for a node, so that a replay after a crash finds what is stored. */
  async #secondNode(collection: string, id: string): Promise<number> {
    const { node } = this.#batch!;
    const second = await this.#nodeNumber(this.#state.namespace('nodes'), `beside/${node}`);
    this.#log.error(
      `${collection} already has another message with the id ${id}: is this data folder a copy of one in use? Stored as node ${second}`,
    );
    return second;
  }

  async makeSafe(position: Position, entries: readonly StateChange[] = []): Promise<void> {
    await this.#positions.makeSafe(position, entries);
  }

  async safe(node: number): Promise<Position | undefined> {
    return await this.#positions.recover(node);
  }

  async storedAfter(position: Position): Promise<StoredSequences> {
    return await this.#positions.storedAfter(position);
  }

  async maintain(): Promise<boolean> {
    return false;
  }

  async expire(now: number): Promise<ExpireReport> {
    await this.#collections.due();
    return await this.#expirer.expire(now, this.#retention);
  }

  setRetention(retention: Retention): void {
    checkKeep(retention.streams);
    this.#retention = retention;
    this.#collections.retain(retention);
  }

  async latest(): Promise<number> {
    return await this.#positions.latest(this.#options.now());
  }

  state(namespace: string): StoreState {
    return this.#state.namespace(namespace);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // If the server is unreachable, the lease expires by itself.
    await this.#expirer.release().catch(() => {});
    await this.#connection[Symbol.asyncDispose]();
  }
}
