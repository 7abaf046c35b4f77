import { join } from 'node:path';
import { type Collection, type Db, MongoClient } from 'mongodb';
import { type MongoConfig, mongoConfig } from './mongo-config.ts';
import { Server, type ServerOptions } from './server.ts';
import { temporaryFolder } from './tmp.ts';

type Reachable = { readonly uri: string } & AsyncDisposable;

/** The setup of MongoDB tests: a server, a new database, and a folder for the nodes that fill it. */
export class MongoWorld<Mongo extends Reachable = Reachable> implements AsyncDisposable {
  readonly mongo: Mongo;
  readonly database: string;
  readonly client: MongoClient;
  readonly #folder = temporaryFolder();

  /** @param mongo is disposed of with it */
  constructor(mongo: Mongo, database = 'cordwood') {
    this.mongo = mongo;
    this.database = database;
    this.client = new MongoClient(mongo.uri);
  }

  get folder(): string {
    return this.#folder.path;
  }

  get db(): Db {
    return this.client.db(this.database);
  }

  /** The messages of the stream `default`, as a majority has them. */
  get logs(): Collection {
    return this.db.collection('logs_default', { readConcern: { level: 'majority' } });
  }

  /** Where a receiver keeps its data. */
  data(name = 'data'): string {
    return join(this.folder, name);
  }

  /** The path of a configuration for this database. */
  config(more: Partial<MongoConfig> = {}): string {
    return mongoConfig(this.folder, { uri: this.mongo.uri, database: this.database, ...more });
  }

  /** Starts a receiver and waits until it answers. */
  async start(options: Partial<ServerOptions> = {}): Promise<Server> {
    const { data = this.data(), config = this.config(), ...rest } = options;
    return await Server.start({ data, config, ...rest });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    this.#folder[Symbol.dispose]();
    await this.mongo[Symbol.asyncDispose]();
  }
}
