import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { linesEntry, openSmall, source } from './support.ts';

/** Where a record begins and ends, and its messages. */
type Written = { readonly end: number; readonly lines: readonly string[] };

export function segmentFile(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(12, '0')}.spool`);
}

export function lastSegment(folder: string): string {
  return join(
    folder,
    readdirSync(folder)
      .filter((name) => name.endsWith('.spool'))
      .sort()
      .at(-1)!,
  );
}

export function linesOf(record: number, count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => `record ${record} line ${i} ${'x'.repeat((record * 37 + i * 11) % 200)}`,
  );
}

/** Writes records of lines into one segment, and returns where each ends. */
export async function writeRecords(folder: string, records: number, frames: number): Promise<Written[]> {
  await using spool = await openSmall(folder);
  const written: Written[] = [];
  for (let record = 0; record < records; record++) {
    const lines = linesOf(record, frames);
    const session = spool.openSession(source(record % 5));
    const done = spool.append(linesEntry(session, lines));
    written.push({ end: Number(spool.position & 0xffffffffn), lines });
    await done;
  }
  return written;
}

export function flip(file: string, at: number): void {
  const fd = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  try {
    const bytes = readFileSync(file);
    byte[0] = bytes[at]! ^ 0x55;
    writeSync(fd, byte, 0, 1, at);
  } finally {
    closeSync(fd);
  }
}
