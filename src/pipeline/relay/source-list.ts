import type { MessageBatch } from '../../model/batch.ts';
import type { Source } from '../../model/message.ts';

/** Gives rows of a batch the sources that relays name, each source once in the batch. */
export class SourceList {
  readonly #batch: MessageBatch;
  readonly #indices = new Map<string, number>();
  /** The last source that was set: messages of a sender mostly come in runs. */
  #last: Source | undefined;
  #lastIndex = 0;
  #lastReceivedBy = '';

  constructor(batch: MessageBatch) {
    this.#batch = batch;
  }

  /** Replaces the source of a row; the account still counts it at the listener that received it here. */
  set(row: number, source: Source): void {
    const batch = this.#batch;
    const receivedBy = batch.sources[batch.source[row]!]!.listener;
    if (!this.#last || receivedBy !== this.#lastReceivedBy || !isSame(source, this.#last)) {
      this.#lastIndex = this.#indexOf(source, receivedBy);
      this.#last = source;
      this.#lastReceivedBy = receivedBy;
    }
    batch.source[row] = this.#lastIndex;
  }

  #indexOf(source: Source, receivedBy: string): number {
    const { ip, port, transport, listener, peer_cn: cn } = source;
    const key = JSON.stringify([ip, port, transport, listener, receivedBy, cn]);
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.#batch.sources.push(source) - 1;
      this.#batch.receivedBy[index] = receivedBy;
      this.#indices.set(key, index);
    }
    return index;
  }

  /** The name of a relay is no part of a stored source. */
  forgetRelays(): void {
    const { sources } = this.#batch;
    for (const [index, { relay, ...source }] of sources.entries()) if (relay !== undefined) sources[index] = source;
  }
}

function isSame(a: Source, b: Source): boolean {
  return (
    a.port === b.port &&
    a.ip === b.ip &&
    a.transport === b.transport &&
    a.listener === b.listener &&
    a.peer_cn === b.peer_cn
  );
}
