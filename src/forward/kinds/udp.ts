import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { systemCode } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { OpenOutlet, OpenOutletOptions, Outlet } from '../contract.ts';
import { cutBytes } from '../cut-bytes.ts';
import { unreachable } from './dial.ts';

/** Datagrams that may be on their way to the kernel. */
const MAX_SENDING = 64;
/** What is left of a datagram that the path does not carry, bytes: every receiver must take it (RFC 5426 §3.2). */
const SMALL = 1180;

/** Opens a UDP socket. A datagram is done once the kernel has it: no receiver answers. */
export const openUdpOutlet: OpenOutlet<unknown> = async (_settings, { to }) => {
  try {
    const { address, family } = await lookup(to.host);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(to.port, address, () => resolve());
    });
    socket.removeAllListeners('error');
    return new UdpOutlet(socket, to);
  } catch (error) {
    throw unreachable(to, error);
  }
};

class UdpOutlet implements Outlet {
  readonly isCordwood = false;
  done = 0;
  readonly #socket: Socket;
  #sent = 0;
  #failure: unknown;
  #changed = Promise.withResolvers<void>();

  constructor(socket: Socket, to: OpenOutletOptions['to']) {
    this.#socket = socket;
    // ECONNREFUSED: an ICMP message said that no receiver listens on the port.
    socket.on('error', (error) => {
      this.#failure ??= unreachable(to, error);
      this.#notify();
    });
    this.#to = to;
  }

  readonly #to: OpenOutletOptions['to'];

  room(): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#sent - this.done < MAX_SENDING ? undefined : this.progress(SECOND);
  }

  send(line: string): void {
    this.#sent++;
    this.#post(Buffer.from(line));
  }

  flush(): void {}

  async progress(ms: number): Promise<void> {
    if (this.#failure === undefined && this.done < this.#sent) {
      const timer = setTimeout(() => this.#notify(), ms);
      await this.#changed.promise;
      clearTimeout(timer);
    } else if (this.#failure === undefined) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50)));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const until = performance.now() + SECOND;
    while (this.#failure === undefined && this.done < this.#sent && performance.now() < until) {
      await this.progress(50).catch(() => {});
    }
    this.#socket.close();
  }

  #post(datagram: Buffer): void {
    this.#socket.send(datagram, (error) => {
      const isTooLong = systemCode(error) === 'EMSGSIZE' && datagram.length > SMALL;
      if (isTooLong) return this.#post(cutBytes(datagram, SMALL));
      if (error) this.#failure ??= unreachable(this.#to, error);
      else if (this.#failure === undefined) this.done++;
      this.#notify();
    });
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
