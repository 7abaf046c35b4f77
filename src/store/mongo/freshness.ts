import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, MongoError, ReadConcern, Timestamp } from 'mongodb';
import { codeOf } from './error-codes.ts';
import { STATE } from './documents.ts';

/** What the driver hands over with each read as it is, key by key: the level, and a time of the cluster's clock. */
type Since = ReadConcern & { afterClusterTime?: Timestamp };

/** How long a server may take until it has what was stored, ms, and how long one try may. */
const PATIENCE_MS = 10_000;
const TRY_MS = 3000;
const PAUSE_MS = 50;
/** mongod's code of a single server, which has no such clock; and what is stored there came from one that had. */
const NO_CLOCK = 20;

/**
 * Reads that are never older than what was stored. What a majority has is not what each server knows a majority to have:
 * a secondary, or a primary that was elected a moment ago, may lag behind what the last primary has acknowledged. So
 * reads name a time of the cluster's own clock, and a server that is not there yet waits until it is.
 */
export class Freshness {
  readonly db: Db;
  readonly #probed: Db;
  /** Reads name this; only what one server was asked for already, since another one may not know of such a time. */
  readonly #concern: Since = new ReadConcern('majority');
  #wanted = 0n;
  #reached = 0n;
  #probing: Promise<void> | undefined;

  /** @param inDatabase opens the database with reads of a concern: it must not make another one of it */
  constructor(inDatabase: (readConcern: ReadConcern) => Db) {
    this.db = inDatabase(this.#concern);
    this.#probed = inDatabase(new ReadConcern('majority'));
  }

  /** From now on, what was stored at this time of the cluster's clock is to be seen. */
  reach(time: bigint): void {
    if (time > this.#wanted) this.#wanted = time;
  }

  /** Resolves when reads see it. @throws what the servers say where none has it within some seconds */
  async reached(): Promise<void> {
    while (this.#reached < this.#wanted) {
      this.#probing ??= this.#probe(this.#wanted).finally(() => {
        this.#probing = undefined;
      });
      await this.#probing;
    }
  }

  /** Whoever has answered has told our client the time, and it tells every other server. */
  async #probe(time: bigint): Promise<void> {
    const afterClusterTime = new Timestamp(time);
    const readConcern = { level: 'majority', afterClusterTime };
    const command = { find: STATE, filter: { _id: '' }, limit: 1, maxTimeMS: TRY_MS, readConcern };
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await this.#probed.command(command, { readPreference: 'primaryPreferred' });
        break;
      } catch (error) {
        if (codeOf(error) === NO_CLOCK) {
          this.#reached = time;
          return;
        }
        if (!(error instanceof MongoError) || performance.now() > deadline) throw error;
        await sleep(PAUSE_MS);
      }
    }
    this.#concern.afterClusterTime = afterClusterTime;
    this.#reached = time;
  }
}
