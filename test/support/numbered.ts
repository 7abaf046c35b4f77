import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import { TcpSender } from './senders.ts';

/** Sends numbered lines at a steady rate until told to stop; `sent` is how many. */
export class NumberedSender {
  sent = 0;
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;

  /** @param perSecond lines a second @param name stands in each line, for several senders */
  constructor(address: string, perSecond: number, name = 'n') {
    this.#running = this.#run(address, perSecond, name);
  }

  async #run(address: string, perSecond: number, name: string): Promise<void> {
    await using sender = await TcpSender.connect(address);
    const started = performance.now();
    while (!this.#ended.signal.aborted) {
      const due = Math.floor(((performance.now() - started) * perSecond) / 1000) - this.sent;
      if (due > 0) await sender.sendLines(Array.from({ length: due }, (_, index) => lineOf(name, this.sent + index)));
      this.sent += Math.max(0, due);
      await sleep(20);
    }
    await sender.end();
  }

  /** Resolves when all that was sent was read. */
  async stop(): Promise<number> {
    this.#ended.abort();
    await this.#running;
    return this.sent;
  }
}

function lineOf(name: string, number: number): string {
  return `<14>1 - host${number % 50} app ${number} - - ${name} ${number}`;
}

/** Numbers of lines that are there more than once, and that are not, in what a collection holds of a sender. */
export async function compare(
  collection: Collection,
  sent: number,
  name = 'n',
): Promise<{ lost: number; twice: number }> {
  const seen = new Uint8Array(sent);
  let twice = 0;
  const found = collection.find({ message: { $regex: `^${name} ` } }, { projection: { _id: 0, message: 1 } });
  for await (const { message } of found) {
    const number = Number((message as string).slice(name.length + 1));
    if (seen[number]) twice++;
    seen[number] = 1;
  }
  return { lost: seen.reduce((sum, one) => sum + (one ? 0 : 1), 0), twice };
}
