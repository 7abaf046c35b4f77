import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** `127.0.0.1:5514` or `[::1]:5514`, taken apart. */
export function placeOf(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}

/** A raw TCP client, or a TLS one. */
export class TcpSender implements AsyncDisposable {
  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Connects, from `localAddress` if it is given. @throws if the connection is refused */
  static async connect(address: string, localAddress?: string): Promise<TcpSender> {
    const socket = connect({ ...placeOf(address), ...(localAddress !== undefined && { localAddress }), noDelay: true });
    await once(socket, 'connect');
    socket.on('error', () => {});
    return new TcpSender(socket);
  }

  /** Connects over TLS; trusts any server by default. @throws if the handshake fails */
  static async secure(
    address: string,
    options: ConnectionOptions & { readonly localAddress?: string } = {},
  ): Promise<TcpSender> {
    const socket = connectTls({ ...placeOf(address), rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    socket.on('error', () => {});
    return new TcpSender(socket);
  }

  /** Resolves when the kernel has taken it all. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends `bytes` in pieces that end at these offsets, each in its own packet if the kernel cooperates. */
  async dribble(bytes: Uint8Array, splits: readonly number[]): Promise<void> {
    let from = 0;
    for (const to of [...splits, bytes.length]) {
      if (to > from) await this.write(bytes.subarray(from, to));
      from = to;
      await nextTurn();
    }
  }

  /** Sends many lines, as fast as the other side takes them. */
  async sendLines(lines: Iterable<string>): Promise<void> {
    let batch: string[] = [];
    for (const line of lines) {
      batch.push(line, '\n');
      if (batch.length < 2000) continue;
      await this.write(batch.join(''));
      batch = [];
    }
    await this.write(batch.join(''));
  }

  /** Ends our side in order and waits until the other side has, too. */
  async end(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.resume();
    this.socket.end();
    await closed;
  }

  /** Resets the connection (RST). */
  async reset(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.resetAndDestroy();
    await closed;
  }

  /** Resolves when the other side has closed the connection. */
  async closed(): Promise<void> {
    // Who writes to the very end is told by a reset, which is as good an end.
    this.socket.on('error', () => {});
    this.socket.resume();
    if (this.socket.closed) return;
    await new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }
}

/** A raw UDP client with its own port. */
export class UdpSender implements AsyncDisposable {
  readonly #socket: UdpSocket;
  readonly #target: { host: string; port: number };

  private constructor(socket: UdpSocket, target: { host: string; port: number }) {
    this.#socket = socket;
    this.#target = target;
  }

  static async open(address: string): Promise<UdpSender> {
    const target = placeOf(address);
    const socket = createSocket(isIPv6(target.host) ? 'udp6' : 'udp4');
    socket.bind(0, target.host);
    await once(socket, 'listening');
    return new UdpSender(socket, target);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(datagram: string | Uint8Array): Promise<void> {
    const { host, port } = this.#target;
    return new Promise((resolve, reject) => {
      this.#socket.send(datagram, port, host, (error) => (error ? reject(error) : resolve()));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}
