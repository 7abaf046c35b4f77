import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { createCounters } from '../../src/assembly/counters.ts';
import { Reader } from '../../src/assembly/reader.ts';
import { Writer } from '../../src/assembly/writer.ts';
import type { FromReader, FromWriter, ToReader, ToWriter } from '../../src/assembly/messages.ts';
import type { Counters } from '../../src/base/counters.ts';
import { SILENT } from '../../src/base/log.ts';
import { loadSettings, type Settings } from '../../src/config/index.ts';
import { VisibleCell } from '../../src/model/visible.ts';
import { DurableEnd, type OpenSpool, openSpool } from '../../src/spool/index.ts';
import { linesEntry, source } from '../spool/support.ts';

type Message = { readonly kind: string };

/** The main thread's end of a thread that runs in this one: keeps every message, so that none is missed. */
export class FakeMain<In extends Message, Out extends Message> {
  readonly #port: MessagePort;
  readonly received: Out[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: Out) => this.received.push(message));
  }

  post(message: In): void {
    this.#port.postMessage(message);
  }

  /** The first message of a kind that `fits`, received already or still to come. */
  async next<Kind extends Out['kind']>(
    kind: Kind,
    fits: (message: Extract<Out, { kind: Kind }>) => boolean = () => true,
  ): Promise<Extract<Out, { kind: Kind }>> {
    for (;;) {
      const found = this.received.find(
        (message): message is Extract<Out, { kind: Kind }> =>
          message.kind === kind && fits(message as Extract<Out, { kind: Kind }>),
      );
      if (found) return found;
      await once(this.#port, 'message');
    }
  }
}

/** A data folder with a spool, as the main thread has it, and what threads share. */
export class World implements AsyncDisposable {
  readonly settings: Settings;
  readonly spool: OpenSpool;
  readonly counters: Counters;
  readonly durable: DurableEnd;
  readonly visible = new VisibleCell();
  readonly socket: string;
  readonly #ports: MessagePort[] = [];
  readonly #session: number;

  private constructor(settings: Settings, spool: OpenSpool, parts: { counters: Counters; durable: DurableEnd }) {
    this.settings = settings;
    this.spool = spool;
    this.counters = parts.counters;
    this.durable = parts.durable;
    this.socket = join(settings.data, 'control.sock');
    this.#session = spool.openSession(source(1));
  }

  static async open(data: string): Promise<World> {
    const settings = await loadSettings({ data, listen: ['tcp://127.0.0.1:0'] }, {}, '/nowhere');
    assert.equal(settings.store.kind, 'embedded');
    const parts = { counters: createCounters(settings), durable: new DurableEnd() };
    const spool = await openSpool({ folder: join(data, 'spool'), ...parts });
    return new World(settings, spool, parts);
  }

  /** Has lines arrive; they are durable when this resolves. */
  async receive(...lines: string[]): Promise<void> {
    await this.spool.append(linesEntry(this.#session, lines));
  }

  startWriter(): { readonly main: FakeMain<ToWriter, FromWriter>; readonly ended: Promise<void> } {
    const { port1, port2 } = this.#channel();
    const main = new FakeMain<ToWriter, FromWriter>(port1);
    const data = { ...this.#shared, spoolFolder: join(this.settings.data, 'spool'), durable: this.durable.memory };
    return { main, ended: new Writer({ port: port2, data, log: SILENT }).run() };
  }

  startReader(): { readonly main: FakeMain<ToReader, FromReader>; readonly ended: Promise<void> } {
    const { port1, port2 } = this.#channel();
    const main = new FakeMain<ToReader, FromReader>(port1);
    const data = { ...this.#shared, socket: this.socket, version: '1.2.3', startedAt: Date.now() };
    return { main, ended: new Reader({ port: port2, data, log: SILENT }).run() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const port of this.#ports) port.close();
    await this.spool[Symbol.asyncDispose]();
  }

  get #shared() {
    return { settings: this.settings, visible: this.visible.memory, counters: this.counters.share() };
  }

  #channel(): MessageChannel {
    const channel = new MessageChannel();
    this.#ports.push(channel.port1, channel.port2);
    return channel;
  }
}
