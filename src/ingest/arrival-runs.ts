import type { Accounting } from '../account/index.ts';
import type { RecordCursor } from './record-cursor.ts';

/**
 * Reports frames that leave the spool to the account: one call for each run of frames of one record
 * and one listener.
 */
export class ArrivalRuns {
  readonly #account: Pick<Accounting, 'read'>;
  #listener = '';
  #receivedAt = 0;
  /** Sequence of the first frame of the run. */
  #sequence = 0;
  #count = 0;
  /** Source of the last frame: frames of the same source have the same listener. */
  #source = -1;

  constructor(account: Pick<Accounting, 'read'>) {
    this.#account = account;
  }

  /** Adds the frames of the record from `from` to below `cursor.next`. */
  add(cursor: RecordCursor, from: number): void {
    const { record } = cursor;
    for (let frame = from; frame < cursor.next; frame++) {
      const source = record.source[frame]!;
      if (source !== this.#source) {
        this.#source = source;
        const listener = cursor.listenerOf(frame);
        if (listener !== this.#listener) this.flush();
        if (this.#count === 0) this.#sequence = record.firstSequence + frame;
        this.#receivedAt = record.receivedAt;
        this.#listener = listener;
        this.#source = source;
      }
      this.#count++;
    }
  }

  /** Ends the run and reports it. Call it after each record. */
  flush(): void {
    if (this.#count > 0) {
      const [listener, receivedAt, sequence] = [this.#listener, this.#receivedAt, this.#sequence];
      this.#account.read({ listener, receivedAt, sequence, count: this.#count });
    }
    this.#count = 0;
    this.#source = -1;
  }
}
