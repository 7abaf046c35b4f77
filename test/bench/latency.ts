import type { Server } from '../support/server.ts';
import { TcpSender } from '../support/senders.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../src/ask/contract.ts';
import { rowsOf } from './asking.ts';
import { quantile } from './usage.ts';

/** Between two lines, ms: longer than the spool gathers for those who wait for no answer. */
const EVERY_MS = 25;
const HEAVY = '/[a-f]{5}[0-9]{5}/i';

export type Latency = { readonly median: number; readonly p99: number; readonly worst: number };

/** Takes the lines that a server prints under CORDWOOD_TEST_DURABLE_FD: `server.onLine` is this one's `take`. */
export class DurableTimes {
  readonly #at: number[] = [];

  readonly take = (line: string): void => {
    const { frames } = JSON.parse(line) as { frames: number };
    const now = performance.now();
    while (this.#at.length < frames) this.#at.push(now);
  };

  /** When each message became durable, on performance.now(), by its number in its connection. */
  get at(): readonly number[] {
    return this.#at;
  }

  clear(): void {
    this.#at.length = 0;
  }
}

/**
 * ms from a line's sending over TCP until it is durable, one line at a time, with or without scans that keep the
 * reader's thread busy all the while.
 */
export async function benchLatency(
  by: { readonly server: Server; readonly client: Client; readonly times: DurableTimes },
  options: { readonly seconds: number; readonly scanning: boolean; readonly since: number },
): Promise<Latency> {
  const { server, client, times } = by;
  times.clear();
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  const stop = new AbortController();
  const scans = options.scanning ? scan(client, options.since, stop.signal) : Promise.resolve();
  const sentAt: number[] = [];
  const until = performance.now() + options.seconds * 1000;
  for (let n = 0; performance.now() < until; n++) {
    sentAt.push(performance.now());
    await sender.write(`<14>1 - latency bench - - - line ${n}\n`);
    await sleep(EVERY_MS);
  }
  stop.abort();
  await scans;
  const took = sentAt.slice(0, times.at.length).map((sent, index) => times.at[index]! - sent);
  return { median: quantile(took, 0.5), p99: quantile(took, 0.99), worst: Math.max(...took) };
}

async function scan(client: Client, since: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await rowsOf(client, 'count', { since, query: HEAVY });
}
