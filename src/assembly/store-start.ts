import type { Thread } from '../process/index.ts';
import type { FromReader, FromWriter, ToReader, ToWriter } from './messages.ts';

/**
 * Follows how the writer and the reader open their store, which may keep the start waiting.
 *
 * The writer first reports either `opened` or, if the store is away, `waiting`; the spool opens after that first report.
 * Then it reports `ready` once it knows what earlier runs stored. Only then does the reader open the store.
 */
export class StoreStart {
  /** Why the server does not store and answer yet; undefined once it does. */
  waiting: string | undefined = 'starting';
  readonly #writer: Thread<ToWriter, FromWriter>;
  readonly #first: Promise<Extract<FromWriter, { kind: 'opened' | 'waiting' }>>;
  readonly #away: Promise<unknown>;
  readonly #ready: Promise<Extract<FromWriter, { kind: 'ready' }>>;

  constructor(writer: Thread<ToWriter, FromWriter>) {
    this.#writer = writer;
    const opened = writer.next('opened');
    const away = writer.next('waiting');
    this.#first = Promise.race([opened, away]);
    this.#away = away;
    this.#ready = writer.next('ready');
    // A failure of the writer rejects all of them; it is reported where one of them is awaited.
    for (const each of [opened, away, this.#first, this.#ready]) each.catch(() => {});
    writer.onMessage((message) => this.#follow(message));
  }

  /** The time at which the arrival clock must start or later, ms; 0, no bound, if the store is away. */
  async startClock(): Promise<number> {
    const first = await this.#first;
    return first.kind === 'opened' ? first.latest : 0;
  }

  /** Resolves once messages can be stored, or the store is away and they must wait in the spool: both let us listen. */
  async listenable(): Promise<void> {
    await Promise.race([this.#ready, this.#away]);
  }

  /** Has the reader open the store once the writer has. @returns the sequence up to which an earlier run made all safe */
  async beginReading(reader: Thread<ToReader, FromReader>): Promise<number> {
    const { node, safe } = await this.#ready;
    reader.onMessage((message) => this.#follow(message));
    reader.post({ kind: 'begin', node });
    await Promise.race([reader.next('ready'), this.#writer.failed]);
    this.waiting = undefined;
    return safe;
  }

  #follow(message: FromReader | FromWriter): void {
    if (message.kind === 'waiting') this.waiting = message.reason ?? 'starting';
  }
}
