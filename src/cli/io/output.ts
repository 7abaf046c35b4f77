import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import type { Sink } from '../contract.ts';

/** Characters gathered before a write: one write per line would dominate the cost of a large answer. */
const CHUNK = 32 << 10;
/** Codes of writes that fail because the reader has closed its end. */
const CLOSED = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

/**
 * Writes data to stdout or a pager: gathers small writes, waits for a slow reader, and ends quietly when the reader
 * closes its end (`| head`, a pager that quits).
 */
export class Output {
  #sink: Sink;
  #text = '';
  #timer: NodeJS.Immediate | undefined;
  #closed = false;
  #failure: unknown;
  readonly #onClosed: () => void;
  /** Whether people read it: on a terminal, or in a pager on one. */
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly columns: number;

  /** @param onClosed called once, when the reader closes its end */
  constructor(sink: Sink, onClosed: () => void) {
    this.#sink = sink;
    this.#onClosed = onClosed;
    this.isTerminal = sink.isTTY === true;
    this.columns = sink.columns || 80;
    this.#listen(sink);
  }

  /** Whether the reader has closed its end; further writes are discarded. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why writing failed, e.g. on a full disk; undefined if it did not. */
  get failure(): CordwoodError | undefined {
    if (this.#failure === undefined) return undefined;
    return new CordwoodError('ERR_STORE', `cannot write the answer: ${reasonOf(this.#failure)}`, {
      cause: this.#failure,
    });
  }

  /** Sends all further writes to another sink: a pager. */
  redirect(sink: Sink): void {
    this.#sink = sink;
    this.#listen(sink);
  }

  /** Adds text to the next write. @returns a promise to await when enough has gathered */
  write(text: string): Promise<void> | undefined {
    this.#text += text;
    if (this.#text.length >= CHUNK) return this.flush();
    this.#timer ??= setImmediate(() => void this.flush());
    return undefined;
  }

  /** Writes bytes unchanged. */
  async writeBytes(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.#send(bytes);
  }

  /** Resolves when the reader has taken all that was written, or has closed its end. */
  flush(): Promise<void> {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    return this.#send(text);
  }

  /** Discards what is waiting and all further writes: the reader has closed its end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#text = '';
    this.#onClosed();
  }

  #send(chunk: string | Uint8Array): Promise<void> {
    if (this.#closed || chunk.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sink.write(chunk, () => resolve());
    });
  }

  #listen(sink: Sink): void {
    sink.on('error', (error: unknown) => {
      if (!CLOSED.has(systemCode(error) ?? '')) this.#failure ??= error;
      this.close();
    });
  }
}
