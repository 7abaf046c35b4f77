import type { Db } from 'mongodb';
import { LEASES } from './documents.ts';
import { codeOf } from './error-codes.ts';

/** What `hello` says of a router, in place of the name of a replica set. */
const ROUTER = 'isdbgrid';
const COLLECTION_EXISTS = 48;

/**
 * The clock that leases and alerts go by: that of the server which keeps the leases. In a sharded
 * cluster it is that of a shard, since every router has a clock of its own: `hello.localTime` and
 * `$$NOW` are a router's.
 */
export class ServerTime {
  readonly #db: Db;
  #isRouted: boolean | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  /** ms. @throws if the server does not answer */
  async read(): Promise<number> {
    const { msg, localTime } = await this.#db.command({ hello: 1 });
    this.#isRouted = msg === ROUTER;
    return this.#isRouted ? await this.#ofShard() : (localTime as Date).getTime();
  }

  /** What an update compares times with: the variable of the server that executes it, or what a shard just said. */
  async expression(): Promise<'$$NOW' | Date> {
    if (this.#isRouted === undefined) await this.read();
    return this.#isRouted ? new Date(await this.#ofShard()) : '$$NOW';
  }

  /** A shard writes its statistics by its own clock; the leases are on one shard, unless they were sharded, too. */
  async #ofShard(): Promise<number> {
    const first = await this.#firstShard();
    if (first !== undefined) return first;
    await this.#db.createCollection(LEASES).catch((error: unknown) => {
      if (codeOf(error) !== COLLECTION_EXISTS) throw error;
    });
    const created = await this.#firstShard();
    if (created === undefined) throw new Error(`no shard reports the statistics of ${LEASES}`);
    return created;
  }

  async #firstShard(): Promise<number | undefined> {
    const statistics = this.#db.collection(LEASES).aggregate([{ $collStats: {} }], { readConcern: { level: 'local' } });
    const shards = (await statistics.toArray()) as { readonly shard?: string; readonly localTime: Date }[];
    const [first] = shards.sort((a, b) => ((a.shard ?? '') < (b.shard ?? '') ? -1 : 1));
    return first?.localTime.getTime();
  }
}
