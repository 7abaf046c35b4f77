import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { TcpSender } from './senders.ts';
import { until } from './until.ts';

export const OFFERS = 'relp_version=0\nrelp_software=test,1,x\ncommands=syslog';

/** A frame of RELP as librelp writes it. */
export function relpFrame(number: number, command: string, data = ''): Buffer {
  const bytes = Buffer.from(data, 'latin1');
  const head = `${number} ${command} ${bytes.length}${bytes.length > 0 ? ' ' : ''}`;
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes, Buffer.from('\n')]);
}

/** A raw RELP client that checks that answers come in the order of their numbers, each once. */
export class RelpSender implements AsyncDisposable {
  readonly tcp: TcpSender;
  /** What was answered, in order; the first belongs to number 1. */
  readonly answers: string[] = [];
  /** Said goodbye by the server. */
  serverClosed = false;
  #sent = 0;
  #rest = '';

  private constructor(tcp: TcpSender) {
    this.tcp = tcp;
    tcp.socket.on('data', (chunk) => this.#read(chunk.toString('latin1')));
  }

  /** Connects and opens a session. */
  static async open(address: string, localAddress?: string): Promise<RelpSender> {
    const sender = await RelpSender.connect(address, localAddress);
    await sender.command('open', OFFERS);
    await until('the session to be open', () => {
      if (sender.socket.destroyed) throw new Error('the connection was closed before the session was open');
      return sender.answers.length === 1;
    });
    assert.match(sender.answers[0]!, /^200 OK\nrelp_version=0\n/);
    return sender;
  }

  static async connect(address: string, localAddress?: string): Promise<RelpSender> {
    return new RelpSender(await TcpSender.connect(address, localAddress));
  }

  get socket(): Socket {
    return this.tcp.socket;
  }

  /** Messages and commands sent so far. */
  get sent(): number {
    return this.#sent;
  }

  async command(name: string, data = ''): Promise<void> {
    await this.tcp.write(relpFrame(++this.#sent, name, data));
  }

  async send(messages: readonly string[]): Promise<void> {
    await this.tcp.write(Buffer.concat(messages.map((text) => relpFrame(++this.#sent, 'syslog', text))));
  }

  /** Waits until all that was sent is answered. */
  async answered(): Promise<void> {
    await until(`${this.#sent} answers`, () => this.answers.length === this.#sent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  #read(text: string): void {
    this.#rest += text;
    for (;;) {
      const [head, number, command, octets] = /^(\d+) ([a-z]+) (\d+)[ \n]/.exec(this.#rest) ?? [];
      if (head === undefined) return;
      const start = octets === '0' ? head.length - 1 : head.length;
      const end = start + Number(octets);
      if (this.#rest.length <= end) return;
      assert.equal(this.#rest[end], '\n', 'an answer ends where its length says');
      const data = this.#rest.slice(start, end);
      this.#rest = this.#rest.slice(end + 1);
      if (command === 'serverclose') this.serverClosed = true;
      else {
        assert.deepEqual([command, Number(number)], ['rsp', this.answers.length + 1], 'answers come in order');
        this.answers.push(data);
      }
    }
  }
}
