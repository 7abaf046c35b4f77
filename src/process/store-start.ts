/** The store keeps the start waiting, for this reason; undefined once it no longer does. */
export type StoreWaiting = { readonly kind: 'waiting'; readonly reason: string | undefined };
/** The store is open; the arrival clock must start at `latest` (ms) or later. */
export type StoreOpened = { readonly kind: 'opened'; readonly latest: number };
/** Storing begins as this node; up to the sequence `safe`, an earlier run made everything safe. */
export type StoreReady = { readonly kind: 'ready'; readonly node: number; readonly safe: number };

type FromWriter = StoreWaiting | StoreOpened | StoreReady;
/** What is needed of the writer's thread. */
type Writer = {
  readonly failed: Promise<never>;
  next<Kind extends FromWriter['kind']>(kind: Kind): Promise<Extract<FromWriter, { readonly kind: Kind }>>;
  onMessage(listener: (message: { readonly kind: string }) => void): void;
};
/** What is needed of the reader's thread. */
type Reader = {
  post(message: { readonly kind: 'begin'; readonly node: number }): void;
  next(kind: 'ready'): Promise<unknown>;
  onMessage(listener: (message: { readonly kind: string }) => void): void;
};

/**
 * Follows how the writer and the reader open their store, which may keep the start waiting.
 *
 * The writer first reports either `opened` or, if the store is away, `waiting`; the spool opens after that first report.
 * Then it reports `ready` once it knows what earlier runs stored. Only then does the reader open the store.
 */
export class StoreStart {
  /** Why the server does not store and answer yet; undefined once it does. */
  waiting: string | undefined = 'starting';
  readonly #writer: Writer;
  readonly #first: Promise<StoreOpened | StoreWaiting>;
  readonly #away: Promise<StoreWaiting>;
  readonly #ready: Promise<StoreReady>;

  constructor(writer: Writer) {
    this.#writer = writer;
    const opened = writer.next('opened');
    this.#away = writer.next('waiting');
    this.#first = Promise.race([opened, this.#away]);
    this.#ready = writer.next('ready');
    // A failure of the writer rejects all of them; it is reported where one of them is awaited.
    for (const each of [opened, this.#away, this.#first, this.#ready]) each.catch(() => {});
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

  /** The number of our node, once the writer knows it. @throws what the writer failed with */
  get node(): Promise<number> {
    return this.#ready.then(({ node }) => node);
  }

  /** Has the reader open the store once the writer has. @returns the sequence up to which an earlier run made all safe */
  async beginReading(reader: Reader): Promise<number> {
    const { node, safe } = await this.#ready;
    reader.onMessage((message) => this.#follow(message));
    reader.post({ kind: 'begin', node });
    await Promise.race([reader.next('ready'), this.#writer.failed]);
    this.waiting = undefined;
    return safe;
  }

  #follow(message: { readonly kind: string }): void {
    if (message.kind === 'waiting') this.waiting = (message as StoreWaiting).reason ?? 'starting';
  }
}
