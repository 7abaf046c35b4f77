const VERSION = 0;

/** How far one node's messages are visible, in memory that threads share: the writer publishes, readers wait for more. */
export class VisibleCell {
  readonly memory: SharedArrayBuffer;
  readonly #version: Int32Array;
  readonly #values: Float64Array;
  readonly #reached: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(40)) {
    this.memory = memory;
    this.#version = new Int32Array(memory, 0, 2);
    this.#values = new Float64Array(memory, 8, 3);
    this.#reached = new BigInt64Array(memory, 32, 1);
  }

  /**
   * Writer only. An odd version tells readers that the three values are being changed.
   * @param clusterTime when it was there, by the clock of a store that has one
   */
  publish(position: { receivedAt: number; node: number; sequence: number }, clusterTime = 0n): void {
    // First, so that whoever sees the position reads nothing older than it.
    if (clusterTime > this.reached) Atomics.store(this.#reached, 0, clusterTime);
    Atomics.add(this.#version, VERSION, 1);
    this.#values.set([position.receivedAt, position.node, position.sequence]);
    Atomics.add(this.#version, VERSION, 1);
    Atomics.notify(this.#version, VERSION);
  }

  /**
   * Writer only: all that arrived before `receivedAt` is stored, though nothing came since the last message. Wakes nobody.
   * @param node whose it is, where nothing was published yet
   */
  advance(receivedAt: number, node: number): void {
    const { position } = this;
    if (receivedAt <= (position?.receivedAt ?? 0)) return;
    Atomics.add(this.#version, VERSION, 1);
    this.#values.set([receivedAt, position?.node ?? node, position?.sequence ?? 0]);
    Atomics.add(this.#version, VERSION, 1);
  }

  /**
   * What has been published: the last message, and the time on the arrival clock before which everything is stored.
   * Undefined before the first.
   */
  get position(): { receivedAt: number; node: number; sequence: number } | undefined {
    for (;;) {
      const before = Atomics.load(this.#version, VERSION);
      const [receivedAt, node, sequence] = this.#values;
      if (before % 2 === 0 && Atomics.load(this.#version, VERSION) === before) {
        return before === 0 ? undefined : { receivedAt: receivedAt!, node: node!, sequence: sequence! };
      }
    }
  }

  /** By a store's own clock, when all that is visible was there; 0 where the store has none. */
  get reached(): bigint {
    return Atomics.load(this.#reached, 0);
  }

  /** Resolves when something was published since `version` was read, after `timeoutMs` at the latest. */
  async changed(version: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#version, VERSION, version, timeoutMs);
    if (wait.async) await wait.value;
  }

  get version(): number {
    return Atomics.load(this.#version, VERSION);
  }
}
