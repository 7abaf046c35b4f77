import { randomUUID } from 'node:crypto';
import { type Logger, SILENT } from '../../../base/log.ts';
import type { MessageBatch } from '../../../model/batch.ts';
import type { Position } from '../../../model/id.ts';
import { toJson } from '../../../model/json.ts';
import type {
  ExpireReport,
  StoredSequences,
  Retention,
  StateChange,
  StoreOptions,
  StoreState,
  StoreWriter,
} from '../../contract.ts';
import { type DeadLetter, DeadLetters } from '../../dead-letters.ts';
import { checkKeep } from '../collections.ts';
import { type Connection, connectWriter, inFlightOf, type MongoWriterTarget, openError } from '../connection.ts';
import { DocumentEncoder } from './document-encoder.ts';
import { Expirer } from '../retention/expirer.ts';
import { Inserter } from './inserter.ts';
import { type Parting, piecesOf } from './pieces.ts';
import { Positions } from '../positions.ts';
import { CollectionSetup } from './collection-setup.ts';
import { MongoState } from '../state.ts';

/** The writer of one node; any number of them, on other machines, write beside it. */
export class MongoWriter implements StoreWriter {
  readonly #connection: Connection;
  readonly #options: StoreOptions;
  readonly #nodeNumber: MongoWriterTarget['nodeNumber'];
  readonly #log: Logger;
  readonly #parting: Pick<Parting, 'byDay' | 'inFlight'>;
  readonly #state: MongoState;
  readonly #positions: Positions;
  readonly #collections: CollectionSetup;
  readonly #expirer: Expirer;
  readonly #inserter: Inserter;
  readonly #letters: DeadLetters;
  #retention: Retention;
  readonly #encoder = new DocumentEncoder();
  /** The batch that is being stored, at which filling; which of its rows lie in the dead letters, and which have to. */
  #batch: MessageBatch | undefined;
  #filling = -1;
  readonly #aside = new Set<number>();
  readonly #refused = new Map<number, string>();

  private constructor(connection: Connection, target: MongoWriterTarget, options: StoreOptions) {
    const { db } = connection;
    this.#connection = connection;
    this.#options = options;
    this.#nodeNumber = target.nodeNumber;
    this.#log = options.log ?? SILENT;
    this.#parting = { byDay: target.partition === 'day', inFlight: inFlightOf(target) };
    this.#state = new MongoState(db, options.now);
    this.#positions = new Positions(db, this.#state);
    this.#collections = new CollectionSetup(db, { retention: options, byDay: this.#parting.byDay, log: this.#log });
    this.#retention = options;
    this.#expirer = new Expirer(db, this.#state, randomUUID());
    this.#letters = new DeadLetters(options.folder);
    this.#inserter = new Inserter({
      db,
      onRefused: (row, reason) => void this.#refused.set(row, reason),
      otherNode: (collection, id) => this.#otherNode(collection, id),
    });
  }

  /** Connects, and makes what is missing in the database. @throws CordwoodError ERR_CONFIG, ERR_STORE */
  static async open(target: MongoWriterTarget, options: StoreOptions): Promise<MongoWriter> {
    checkKeep(options.streams);
    const connection = connectWriter(target);
    try {
      await connection.client.connect();
      const writer = new MongoWriter(connection, target, options);
      await writer.#collections.all();
      return writer;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw openError(target, error);
    }
  }

  /** The parts of the batch are in flight together; where one fails, the batch is sent again, which stores nothing twice. */
  async insert(batch: MessageBatch): Promise<void> {
    if (batch.count === 0) return;
    if (this.#batch !== batch || this.#filling !== batch.fillings) this.#aside.clear();
    this.#refused.clear();
    this.#batch = batch;
    this.#filling = batch.fillings;
    await this.#positions.promise(batch.node, batch.receivedAt[batch.count - 1]!);
    const pieces = piecesOf(batch, this.#encoder, { ...this.#parting, without: this.#aside });
    for (const { collection, stream } of pieces) await this.#collections.one(collection, stream);
    const results = await Promise.allSettled(pieces.map((piece) => this.#inserter.insert(piece)));
    this.#putAside(batch);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    this.#inserter.done();
  }

  get clusterTime(): bigint | undefined {
    return this.#inserter.reached;
  }

  #putAside(batch: MessageBatch): void {
    const refused = [...this.#refused].sort(([a], [b]) => a - b);
    const letters = refused.map(([row, reason]): DeadLetter => {
      const message = toJson(batch.message(row));
      return { id: message._id, at: Date.now(), reason, message };
    });
    this.#letters.add(letters);
    for (const { id, reason } of letters) {
      this.#log.error(`the store refuses message ${id}: ${reason}; see cordwood dead-letter show ${id}`);
    }
    for (const [row] of refused) {
      this.#aside.add(row);
      this.#options.onDeadLetter?.(batch, row);
    }
  }

  /** Of each node one, always the same, so that a replay finds what it stored. */
  async #otherNode(collection: string, id: string): Promise<number> {
    const { node } = this.#batch!;
    const other = await this.#nodeNumber(this.#state.namespace('nodes'), `beside/${node}`);
    this.#log.error(
      `${collection} has another message of the id ${id}: is this data folder a copy of one that is in use? Stored as node ${other}`,
    );
    return other;
  }

  async makeSafe(position: Position, entries: readonly StateChange[] = []): Promise<void> {
    await this.#positions.settle(position, entries);
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
    // Where the server is away, the lease runs out by itself.
    await this.#expirer.release().catch(() => {});
    await this.#connection[Symbol.asyncDispose]();
  }
}
