import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { formatDuration } from '../../base/units.ts';
import type { HostPort } from '../../base/schema.ts';
import { unreachable } from './dial.ts';

/** Lines are written together once they have this many bytes. */
const FLUSH_BYTES = 64 << 10;
/** Bytes that may wait in this process for the socket. */
const MAX_BUFFERED = 1 << 20;

/** What a connection of any protocol shares: writing in large pieces, waiting for room, and how it fails. */
export class StreamOutlet {
  readonly #socket: Socket;
  readonly #to: HostPort;
  readonly #timeoutMs: number;
  #text = '';
  #bytes = 0;
  #failure: unknown;
  #changed = Promise.withResolvers<void>();
  /** When the receiver last read or answered anything, by the monotonic clock, ms. */
  #heardAt = performance.now();
  #waits = false;
  readonly #timer: NodeJS.Timeout;

  constructor(socket: Socket, to: HostPort, timeoutMs: number) {
    this.#socket = socket;
    this.#to = to;
    this.#timeoutMs = timeoutMs;
    this.#changed.promise.catch(() => {});
    socket.on('error', (error) => this.fail(error));
    socket.on('end', () => this.fail(new Error('it closed the connection')));
    socket.on('close', () => this.fail(new Error('it closed the connection')));
    socket.on('drain', () => this.heard());
    this.#timer = setInterval(() => this.#checkTime(), Math.min(1000, timeoutMs / 4)).unref();
  }

  /** Whether more bytes wait for the socket than should. */
  get isBlocked(): boolean {
    return this.#socket.writableLength + this.#bytes > MAX_BUFFERED;
  }

  /** What the connection failed with; undefined while it works. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The timeout runs while this is set, or the socket is blocked: something is expected of the receiver. */
  expects(waits: boolean): void {
    if (waits && !this.#waits) this.#heardAt = performance.now();
    this.#waits = waits;
  }

  /** The receiver has read or answered something. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#notify();
  }

  /** @param failure anything; a plain error gets the address */
  fail(failure: unknown, isFinal = false): void {
    if (this.#failure !== undefined) return;
    this.#failure = isFinal ? failure : unreachable(this.#to, failure);
    this.#notify();
  }

  write(text: string, bytes: number): void {
    this.#text += text;
    this.#bytes += bytes;
    if (this.#bytes >= FLUSH_BYTES) this.flush();
  }

  flush(): void {
    if (this.#text === '' || this.#failure !== undefined) return;
    this.#socket.write(this.#text);
    this.#text = '';
    this.#bytes = 0;
  }

  /** Resolves at the next change, or after `ms`. @throws what it failed with */
  async change(ms: number): Promise<void> {
    if (this.#failure === undefined) {
      const waiting = new AbortController();
      const later = sleep(ms, undefined, { signal: waiting.signal }).catch(() => {});
      await Promise.race([this.#changed.promise, later]);
      waiting.abort();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): void {
    clearInterval(this.#timer);
    this.fail(new Error('closed'));
    this.#socket.on('error', () => {});
    this.#socket.destroy();
  }

  /** Ends our side, so that what was written arrives, and waits for the other side; `ms` at most. */
  async end(ms: number): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.end();
    const closed = new Promise((resolve) => this.#socket.once('close', resolve).once('end', resolve));
    await Promise.race([closed, sleep(ms, undefined, { ref: false })]);
  }

  #checkTime(): void {
    if (!this.#waits && !this.isBlocked) {
      this.#heardAt = performance.now();
      return;
    }
    if (performance.now() - this.#heardAt < this.#timeoutMs) return;
    this.fail(new Error(`it did not answer or read for ${formatDuration(this.#timeoutMs)}`));
    this.#socket.destroy();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
