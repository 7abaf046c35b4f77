import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';

/** Splits octet-counted lines (RFC 6587 §3.4.1) out of a stream. */
function octetLines(bytes: Buffer): { lines: string[]; rest: Buffer } {
  const lines: string[] = [];
  let at = 0;
  for (;;) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank < 0 ? Number.NaN : Number(bytes.toString('latin1', at, blank));
    if (Number.isNaN(length) || bytes.length < blank + 1 + length) return { lines, rest: bytes.subarray(at) };
    lines.push(bytes.toString('utf8', blank + 1, blank + 1 + length));
    at = blank + 1 + length;
  }
}

/** A receiver on a port of its own, which counts as it reads. */
abstract class Receiver implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  port = 0;
  /** Certificate, key and CA of clients, PEM: with TLS. */
  tls: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
  #server: Server | undefined;

  /** Shows new connections another certificate. */
  replace(tls: NonNullable<Receiver['tls']>): void {
    this.tls = tls;
    (this.#server as TlsServer).setSecureContext(tls);
  }

  async open(): Promise<this> {
    const create = (take: (socket: Socket) => void): Server =>
      this.tls
        ? createTlsServer({ ...this.tls, requestCert: true, rejectUnauthorized: true }, take)
        : createServer(take);
    this.#server = create((socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
      this.take(socket);
    }).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Ends as a process that is killed does; `open` listens on the same port again. */
  async kill(): Promise<void> {
    for (const socket of this.sockets) {
      if (this.tls) socket.destroy();
      else socket.resetAndDestroy();
    }
    const closed = once(this.#server!, 'close');
    this.#server!.close();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server?.listening) await this.kill();
  }

  protected abstract take(socket: Socket): void;
}

/** Reads octet-counted lines, and acknowledges nothing. */
export class TcpReceiver extends Receiver {
  protected take(socket: Socket): void {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      const read = octetLines(Buffer.concat([rest, chunk]));
      this.lines.push(...read.lines);
      rest = read.rest;
    });
  }
}

/** Answers the frames of RELP sessions (librelp's doc/relp.md). */
export class RelpReceiver extends Receiver {
  /** The answer to a line; undefined is no answer at all. */
  answer: (line: string) => string | undefined = () => '200 OK';
  /** Sent after each answer. */
  after = '';
  opened = '200 OK\nrelp_version=0\nrelp_software=test\ncommands=syslog';

  protected take(socket: Socket): void {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const head = /^(\d+) (\w+) (\d+)([ \n])/.exec(rest.toString('latin1', 0, 64));
        const start = head ? head[0].length - (head[3] === '0' ? 1 : 0) : 0;
        if (!head || rest.length <= start + Number(head[3])) return;
        const data = rest.toString('utf8', start, start + Number(head[3]));
        rest = rest.subarray(start + Number(head[3]) + 1);
        this.#reply(socket, head[1]!, this.#answerTo(head[2]!, data));
        if (head[2] === 'close') socket.end();
      }
    });
  }

  #answerTo(command: string, data: string): string | undefined {
    if (command === 'open') return this.opened;
    if (command === 'close') return '';
    const answer = this.answer(data);
    if (answer?.startsWith('200')) this.lines.push(data);
    return answer;
  }

  #reply(socket: Socket, number: string, text: string | undefined): void {
    if (text !== undefined) socket.write(`${number} rsp ${text.length}${text === '' ? '' : ' '}${text}\n${this.after}`);
  }
}
