import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import type { Sink } from '../contract.ts';

/** Characters gathered before they are written: a write a line would be most of what a large answer costs. */
const CHUNK = 32 << 10;
/** What a write fails with where the reader has gone. */
const CLOSED = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

/**
 * Where data goes: gathers small writes, waits where the reader is slow, and ends quietly where nobody reads any
 * more (`| head`, a closed pager).
 */
export class Output {
  #sink: Sink;
  #text = '';
  #timer: NodeJS.Immediate | undefined;
  #closed = false;
  #failure: unknown;
  readonly #onClosed: () => void;
  /** Whether people look at it: a terminal, or a pager on one. */
  readonly isTerminal: boolean;
  /** Characters in a line. */
  readonly columns: number;

  /** @param onClosed called once when nobody reads any more */
  constructor(sink: Sink, onClosed: () => void) {
    this.#sink = sink;
    this.#onClosed = onClosed;
    this.isTerminal = sink.isTTY === true;
    this.columns = sink.columns || 80;
    this.#listen(sink);
  }

  /** Nobody reads any more: what is written from now on is forgotten. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why writing failed, as on a full disk; undefined where it did not. */
  get failure(): CordwoodError | undefined {
    if (this.#failure === undefined) return undefined;
    return new CordwoodError('ERR_STORE', `cannot write the answer: ${reasonOf(this.#failure)}`, {
      cause: this.#failure,
    });
  }

  /** Sends what is written from now on elsewhere, to a pager. */
  redirect(sink: Sink): void {
    this.#sink = sink;
    this.#listen(sink);
  }

  /** Adds to what is written soon; @returns a promise to wait for where enough has gathered. */
  write(text: string): Promise<void> | undefined {
    this.#text += text;
    if (this.#text.length >= CHUNK) return this.flush();
    this.#timer ??= setImmediate(() => void this.flush());
    return undefined;
  }

  /** Writes bytes as they are. */
  async writeBytes(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.#send(bytes);
  }

  /** Resolves when all that was written has been taken by the reader, or by nobody. */
  flush(): Promise<void> {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    return this.#send(text);
  }

  /** Called where nobody reads any more. */
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
