import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { placeOf } from './senders.ts';

/** Lines are written this often, ms. */
const BEAT_MS = 5;
const RETRY_MS = 20;

export type SteadyOptions = {
  readonly address: string;
  /** The program's name in each line. */
  readonly name: string;
  /** Lines a second. */
  readonly rate: number;
  /**
   * Whether it checks the connection before it sends, as rsyslog and syslog-ng do, and connects again if it was closed.
   * One that does not look writes on until that fails, and never knows what got lost.
   */
  readonly looks: boolean;
};

/** Sends `<13>1 - h NAME - - - number N` over plain TCP at a steady rate, and connects anew when it must. */
export class SteadySender {
  /** Lines that were handed to a connection. */
  sent = 0;
  readonly #options: SteadyOptions;
  readonly #began = performance.now();
  #socket: Socket | undefined;
  #stopped = false;
  readonly #ended: Promise<void>;

  constructor(options: SteadyOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Stops sending, and ends its connection in order. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#socket ??= await this.#connected();
      if (this.#socket) this.#write(this.#socket);
      await sleep(this.#socket ? BEAT_MS : RETRY_MS);
    }
    const socket = this.#socket;
    if (!socket) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end();
    await closed;
  }

  #write(socket: Socket): void {
    const { name, rate } = this.#options;
    const due = Math.floor(((performance.now() - this.#began) / 1000) * rate);
    let text = '';
    for (; this.sent < due; this.sent++) text += `<13>1 - h ${name} - - - number ${this.sent}\n`;
    if (text !== '') socket.write(text);
  }

  async #connected(): Promise<Socket | undefined> {
    const socket = connect({ ...placeOf(this.#options.address), noDelay: true, allowHalfOpen: true });
    const lost = (): void => {
      if (this.#socket === socket) this.#socket = undefined;
    };
    socket.on('error', lost);
    socket.on('close', lost);
    socket.on('end', () => {
      if (!this.#options.looks && !this.#stopped) return;
      lost();
      socket.end();
    });
    socket.resume();
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(socket));
      socket.once('close', () => resolve(undefined));
    });
  }
}
