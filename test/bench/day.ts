import { join } from 'node:path';
import { Counters } from '../../src/base/counters.ts';
import { openSpool, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import type { WholeCorpus } from './whole-corpus.ts';

/** What of a day comes in one chunk of a socket: what arrived within so many ms. */
const CHUNK_MS = 1000;
const MAX_FRAMES = 4096;
/** Bytes that may wait for their fsync. */
const WINDOW = 16 << 20;

/**
 * Writes the corpus into the spool of a data folder with arrival times that are the lines' own: the spool's clock is
 * ours. A server that then starts on the folder stores it as if it had been there for the whole day.
 */
export async function spoolDay(data: string, { lines, bytes, starts, arrivals, start }: WholeCorpus): Promise<void> {
  let clock = start;
  const counters = new Counters(SPOOL_COUNTERS);
  await using spool = await openSpool({ folder: join(data, 'spool'), now: () => clock, counters });
  const session = spool.openSession({ ip: '192.0.2.7', port: 40_000, transport: 'tcp', listener: 'tcp0' });
  const columns = () => new Uint32Array(MAX_FRAMES);
  const [skip, length, original] = [columns().fill(1), columns(), columns()];
  skip[0] = 0;
  const flags = new Uint8Array(MAX_FRAMES);
  let waiting = 0;
  for (let from = 0, to = 0; from < lines; from = to) {
    for (; to < lines && to - from < MAX_FRAMES && arrivals[to]! < arrivals[from]! + CHUNK_MS; to++) {
      length[to - from] = starts[to + 1]! - starts[to]! - 1;
    }
    clock = arrivals[to - 1]!;
    const part = bytes.subarray(starts[from]!, starts[to]! - 1);
    const frames = { count: to - from, skip, length, flags, original };
    const durable = spool.append({ session, frames, parts: [part], acknowledged: true });
    if (!durable) throw new Error('the spool refused');
    waiting += part.length;
    if (waiting < WINDOW) continue;
    await durable;
    waiting = 0;
  }
}
