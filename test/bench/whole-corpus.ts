import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/tmp.ts';
import { DAY, fillCorpus } from './corpus.ts';
import type { Program } from './templates.ts';

/** A corpus in memory and as a file, the same bytes. Its last line arrived about when it was made. */
export type WholeCorpus = Disposable & {
  readonly lines: number;
  /** ms since 1970: the first line's arrival is no earlier, the last one's is earlier. */
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
  /** Where line i begins, and one more: the end. */
  readonly starts: Uint32Array;
  /** ms since 1970 */
  readonly arrivals: Float64Array;
  readonly file: string;
};

/** Makes one over the 24 hours before now; its file goes away with it. */
export function makeCorpus(lines: number, programs?: readonly Program[]): WholeCorpus {
  const end = Math.floor(Date.now() / 1000) * 1000;
  const start = end - DAY;
  const folder = temporaryFolder();
  const file = join(folder.path, 'corpus.log');
  const { bytes, starts, arrivals } = fillCorpus({ lines, start, ...(programs && { programs }) });
  writeFileSync(file, bytes);
  return { lines, start, end, bytes, starts, arrivals, file, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** What every bench takes; a bench of its own makes its corpus of `--lines`. */
export function linesWanted(): number {
  const at = process.argv.indexOf('--lines');
  const quick = process.argv.includes('--quick') ? 200_000 : 2_000_000;
  return at < 0 ? quick : Number(process.argv[at + 1]);
}
