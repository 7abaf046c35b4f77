import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, MongoError, ReadConcern, Timestamp } from 'mongodb';
import { SECOND } from '../../base/units.ts';
import { STATE } from './documents.ts';
import { codeOf } from './error-codes.ts';

/** The driver passes each key of a read concern to the server: the level, and a cluster time. */
type ConcernWithTime = ReadConcern & { afterClusterTime?: Timestamp };

/** How long servers may lag before reads fail, ms, and how long one attempt may take. */
const PATIENCE_MS = 10 * SECOND;
const ATTEMPT_MS = 3 * SECOND;
const PAUSE_MS = 50;
/** mongod's code if a standalone server, which has no cluster time, is asked for one. */
const NO_CLUSTER_TIME = 20;

/**
 * Reads that are never older than the last known write. Not every server knows at once what a
 * majority has: a secondary, or a primary that was just elected, may lag behind writes that the
 * last primary has acknowledged. So each read names a cluster time, and a server that has not
 * reached that time waits until it has.
 */
export class Freshness {
  readonly db: Db;
  readonly #unconstrained: Db;
  /**
   * Used by all reads; set only to times that some server has confirmed, since a server rejects
   * unknown times.
   */
  readonly #concern: ConcernWithTime = new ReadConcern('majority');
  #required = 0n;
  #confirmed = 0n;
  #confirming: Promise<void> | undefined;

  /** @param inDatabase opens the database with this read concern object; it must not copy the object */
  constructor(inDatabase: (readConcern: ReadConcern) => Db) {
    this.db = inDatabase(this.#concern);
    this.#unconstrained = inDatabase(new ReadConcern('majority'));
  }

  /** From now on, reads must see everything stored at this cluster time. */
  advance(time: bigint): void {
    if (time > this.#required) this.#required = time;
  }

  /**
   * Resolves when reads see it.
   * @throws the servers' error if none has reached that time within 10 s
   */
  async caughtUp(): Promise<void> {
    while (this.#confirmed < this.#required) {
      this.#confirming ??= this.#confirm(this.#required).finally(() => {
        this.#confirming = undefined;
      });
      await this.#confirming;
    }
  }

  /** An answer tells our client the cluster time, and the client tells all other servers. */
  async #confirm(time: bigint): Promise<void> {
    const afterClusterTime = new Timestamp(time);
    const readConcern = { level: 'majority', afterClusterTime };
    const command = { find: STATE, filter: { _id: '' }, limit: 1, maxTimeMS: ATTEMPT_MS, readConcern };
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await this.#unconstrained.command(command, { readPreference: 'primaryPreferred' });
        break;
      } catch (error) {
        if (codeOf(error) === NO_CLUSTER_TIME) {
          this.#confirmed = time;
          return;
        }
        if (!(error instanceof MongoError) || performance.now() > deadline) throw error;
        await sleep(PAUSE_MS);
      }
    }
    this.#concern.afterClusterTime = afterClusterTime;
    this.#confirmed = time;
  }
}
