import type { MessagePort } from 'node:worker_threads';
import type { Ping, Pong } from './thread.ts';

type Message = { readonly kind: string };

/** A thread's end of the channel to the main thread: answers pings, keeps the first message of each kind, and knows when to stop. */
export class ThreadEnd<In extends Message, Out extends Message> {
  readonly #port: MessagePort;
  readonly #firsts = new Map<string, PromiseWithResolvers<In>>();
  readonly #stopping = new AbortController();

  /** @param last the kind of the message that asks the thread to end */
  constructor(port: MessagePort, last: In['kind']) {
    this.#port = port;
    this.onMessage((message) => {
      if (message.kind === 'ping') port.postMessage({ kind: 'pong' } satisfies Pong);
      else if (message.kind === last) this.#stop();
      else this.#firstOf(message.kind).resolve(message as In);
    });
  }

  /** Aborted once the main thread asks this one to end. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Calls `receive` with each message from now on. */
  onMessage(receive: (message: In | Ping) => void): void {
    this.#port.on('message', receive);
  }

  /** Resolves with the first message of a kind, also one that has come already. @throws the reason of `stopping` */
  first<Kind extends In['kind']>(kind: Kind): Promise<Extract<In, { kind: Kind }>> {
    return this.#firstOf(kind).promise as Promise<Extract<In, { kind: Kind }>>;
  }

  post(message: Out): void {
    this.#port.postMessage(message);
  }

  #firstOf(kind: string): PromiseWithResolvers<In> {
    const known = this.#firsts.get(kind);
    if (known) return known;
    const first = Promise.withResolvers<In>();
    // If it is not awaited yet: this prevents an unhandled rejection. Each `await` still rejects.
    first.promise.catch(() => {});
    if (this.stopping.aborted) first.reject(this.stopping.reason);
    this.#firsts.set(kind, first);
    return first;
  }

  #stop(): void {
    this.#stopping.abort();
    for (const first of this.#firsts.values()) first.reject(this.stopping.reason);
  }
}
