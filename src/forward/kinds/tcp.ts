import type { Socket } from 'node:net';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { OpenOutlet, OpenOutletOptions, Outlet } from '../contract.ts';
import type { TcpForward } from '../settings.ts';
import { dial } from './dial.ts';
import { StreamOutlet } from './stream-outlet.ts';

/** How often lines are looked at that were sent long enough ago, ms. */
const CHECK_MS = 100;
/** While the receiver does not read for longer than this, what was sent before is not done, ms … */
const STUCK_MS = SECOND;
/** … but after this long, it is: otherwise a slow receiver would get everything again after a break. */
const LONGEST_MS = MINUTE;

/**
 * Opens a TCP connection. Nothing is acknowledged, so a line is done if the connection still works
 * `again` later, and the receiver has read meanwhile.
 */
export const openTcpOutlet: OpenOutlet<TcpForward> = async (settings, { to, signal }) => {
  const socket = await dial(to, { tls: settings.tls, timeoutMs: settings.timeout, signal });
  return new TcpOutlet(socket, settings, to);
};

class TcpOutlet implements Outlet {
  readonly isCordwood = false;
  done = 0;
  readonly #stream: StreamOutlet;
  readonly #socket: Socket;
  readonly #settings: TcpForward;
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  /** Lines up to a number, and when the last of them was sent, by the monotonic clock, ms. */
  #times: { readonly upTo: number; readonly at: number }[] = [];
  /** When the socket last was stuck, and since when it does not take more. */
  #stuckAt = -Infinity;
  #blockedSince: number | undefined;

  constructor(socket: Socket, settings: TcpForward, to: OpenOutletOptions['to']) {
    this.#socket = socket;
    this.#settings = settings;
    this.#stream = new StreamOutlet(socket, to, settings.timeout);
    // Unread bytes would hide that the receiver has closed the connection.
    socket.resume();
    this.#timer = setInterval(() => this.#check(), CHECK_MS).unref();
  }

  room(): Promise<void> | undefined {
    if (this.#stream.failure !== undefined) throw this.#stream.failure;
    if (!this.#stream.isBlocked) return undefined;
    this.flush();
    return this.progress(SECOND);
  }

  send(line: string, bytes: number): void {
    this.#sent++;
    if (this.#settings.framing === 'octets') {
      const head = `${bytes} `;
      this.#stream.write(head + line, head.length + bytes);
    } else {
      // A line end within a line would make two of it; the length stays the same.
      this.#stream.write(`${line.replace(/\n/g, ' ')}\n`, bytes + 1);
    }
  }

  flush(): void {
    this.#stream.flush();
    const last = this.#times.at(-1);
    if (last?.upTo !== this.#sent && this.#sent > this.done) {
      this.#times.push({ upTo: this.#sent, at: performance.now() });
    }
    if (this.#settings.again === 0) this.#check();
  }

  async progress(ms: number): Promise<void> {
    await this.#stream.change(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.flush();
    clearInterval(this.#timer);
    if (this.#stream.failure === undefined) {
      await this.#stream.end(SECOND);
      // It has taken everything and closed its side, or it never does.
      if (this.#socket.writableFinished) this.done = this.#sent;
    }
    this.#stream.close();
  }

  #check(): void {
    const now = performance.now();
    this.#blockedSince = this.#socket.writableNeedDrain ? (this.#blockedSince ?? now) : undefined;
    if (this.#blockedSince !== undefined && now - this.#blockedSince > STUCK_MS) this.#stuckAt = now;
    if (this.#stream.failure !== undefined) return;
    let done = 0;
    for (const { at } of this.#times) {
      if (now - at <= LONGEST_MS && now - Math.max(at, this.#stuckAt) < this.#settings.again) break;
      done++;
    }
    if (done === 0) return;
    this.done = this.#times[done - 1]!.upTo;
    this.#times = this.#times.slice(done);
    this.#stream.heard();
  }
}
