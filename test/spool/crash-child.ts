import { writeSync } from 'node:fs';
import { linesEntry, openSmall, source } from './support.ts';

/**
 * Appends sixteen records at a time until it is killed. It reports on stdout each durable message (`A sequence text`, at
 * once) and each sequence before it marks it safe (`S sequence`).
 */
const [folder = ''] = process.argv.slice(2);
const LINES = 50;
const spool = await openSmall(folder, { graceMs: 0 });
const session = spool.openSession(source(process.pid));
const padding = 'x'.repeat(1000);
let appended = 0;

async function append(): Promise<void> {
  const first = appended;
  const lines = Array.from({ length: LINES }, (_, i) => `${process.pid}-${first + i} ${padding}`);
  appended += LINES;
  await spool.append(linesEntry(session, lines));
  const report = lines.map((line, i) => `A ${base + first + i} ${line.slice(0, line.indexOf(' '))}\n`);
  writeSync(1, report.join(''));
}

let base = 0;
await spool.append(linesEntry(session, ['first']));
base = spool.durable.sequence + 1;

for (let round = 1; ; round++) {
  await Promise.all(Array.from({ length: 16 }, append));
  if (round % 6 !== 0) continue;
  const safe = spool.durable.sequence - 500;
  writeSync(1, `S ${safe}\n`);
  spool.markSafe(safe);
}
