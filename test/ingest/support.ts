import { Counters } from '../../src/base/counters.ts';
import { MessageBatch } from '../../src/model/batch.ts';
import type { LogMessage, Source } from '../../src/model/message.ts';
import { createParser } from '../../src/parse/index.ts';
import type { Entry } from '../../src/spool/contract.ts';
import { type OpenSpool, openSpool, openSpoolReader, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import { earlierRun } from '../../src/ingest/earlier-run.ts';
import { Ingest, type IngestAccount } from '../../src/ingest/ingest.ts';
import { makeFrames } from '../spool/support.ts';

export const NODE = 7;
/** Room for one frame beside what parsing may make up. */
export const ARENA = 3 << 20;

export function peer(listener: string, port = 1): Source {
  return { ip: '192.0.2.7', port, transport: 'tcp', listener };
}

/** Records the calls of the account, in order. */
export class Recorder implements IngestAccount {
  readonly reads: Parameters<IngestAccount['read']>[0][] = [];
  readonly gaps: Parameters<IngestAccount['missing']>[0][] = [];
  readonly already: string[] = [];

  read(run: Parameters<IngestAccount['read']>[0]): void {
    this.reads.push(run);
  }

  missing(gap: Parameters<IngestAccount['missing']>[0]): void {
    this.gaps.push(gap);
  }

  alreadyStored(batch: MessageBatch, row: number): void {
    this.already.push(batch.message(row).message);
  }

  dropped(): void {}
}

export type Options = {
  readonly safeUpTo?: number;
  readonly stored?: ReadonlySet<number>;
  readonly capacity?: number;
  readonly arena?: number;
};

/** An ingest over a spool in a folder, and the calls of its account. */
export function ingestOf(folder: string, options: Options = {}) {
  const { safeUpTo = 0, stored = new Set<number>(), capacity = 4096, arena = ARENA } = options;
  const account = new Recorder();
  const batch = MessageBatch.inMemory(capacity, arena);
  batch.node = NODE;
  const reader = openSpoolReader({ folder, from: { sequence: safeUpTo } });
  const parser = createParser({ zoneOf: () => 'UTC' });
  const ingest = new Ingest({ batch, reader, parser, earlier: earlierRun(safeUpTo, stored), account });
  return { ingest, account, [Symbol.dispose]: () => reader[Symbol.dispose]() };
}

/** All messages that an ingest reads, batch by batch, without those that are already stored. */
export function readBatches(ingest: Ingest): LogMessage[][] {
  const batches: LogMessage[][] = [];
  for (let more = true; more; ) {
    more = ingest.fill();
    ingest.batch.compact();
    batches.push(Array.from({ length: ingest.batch.count }, (_, row) => ingest.batch.message(row)));
    ingest.next();
  }
  return batches;
}

export async function spoolIn(folder: string, write: (spool: OpenSpool) => void): Promise<void> {
  let now = Date.UTC(2026, 10, 22, 16, 20);
  await using spool = await openSpool({ folder, counters: new Counters(SPOOL_COUNTERS), now: () => now++ });
  write(spool);
}

/** Lines, each ended by LF; `flags` by index of the line. */
export function entryOf(
  session: number,
  lines: readonly string[],
  flags: Readonly<Record<number, number>> = {},
): Entry {
  const frames = makeFrames(lines.length);
  for (const [index, line] of lines.entries()) {
    frames.skip[index] = index === 0 ? 0 : 1;
    frames.length[index] = Buffer.byteLength(line);
    frames.flags[index] = flags[index] ?? 0;
    frames.original[index] = flags[index] ? 99_999 : 0;
  }
  return { session, frames, parts: [Buffer.from(`${lines.join('\n')}\n`)], acknowledged: false };
}

/** A line that the fast path reads. */
export function common(text: string): string {
  return `<13>1 2026-11-22T16:20:05Z host app 1 - - ${text}`;
}

/** A line that only the parser reads. */
export function older(text: string): string {
  return `<13>Nov 22 16:20:05 host app[1]: ${text}`;
}
