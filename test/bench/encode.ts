import { MessageBatch } from '../../src/model/batch.ts';
import { createParser } from '../../src/parse/index.ts';
import { encodeBlock } from '../../src/store/blocks/index.ts';
import { linesWanted, makeCorpus, type WholeCorpus } from './whole-corpus.ts';
import { median, threadSeconds } from './usage.ts';

const ROWS = 4096;
const BATCHES = 24;
const ROUNDS = 5;

/** Rows a CPU second that become blocks, zstd included, and the bytes a row; one thread, warm, medians. */
export function benchEncode(corpus: WholeCorpus): { rowsPerSecond: number; bytes: number } {
  const batches = Array.from({ length: Math.min(BATCHES, Math.floor(corpus.lines / ROWS)) }, (_, n) =>
    parse(corpus, n),
  );
  const rows = Uint32Array.from({ length: ROWS }, (_, row) => row);
  let bytes = 0;
  const seconds = Array.from({ length: ROUNDS }, () => {
    bytes = 0;
    const began = threadSeconds();
    for (const batch of batches) {
      const { summary, tokens, columns, text } = encodeBlock(batch, rows);
      bytes += summary.length + tokens.length + columns.length + text.length;
    }
    return threadSeconds() - began;
  });
  const count = batches.length * ROWS;
  return { rowsPerSecond: count / median(seconds), bytes: bytes / count };
}

function parse({ bytes, starts, arrivals }: WholeCorpus, index: number): MessageBatch {
  const batch = new MessageBatch(ROWS, 2 << 20);
  const parser = createParser({ zoneOf: () => 'UTC' });
  batch.sources.push({ ip: '192.0.2.7', port: 40_000, transport: 'tcp', listener: 'tcp0' });
  const first = index * ROWS;
  batch.put(bytes.subarray(starts[first]!, starts[first + ROWS]!));
  for (let line = first; line < first + ROWS; line++) {
    const row = batch.begin(arrivals[line]!, line + 1, 0);
    const from = starts[line]! - starts[first]!;
    parser.parse(batch, row, from, starts[line + 1]! - starts[first]! - 1);
  }
  return batch;
}

if (import.meta.main) {
  using corpus = makeCorpus(Math.min(linesWanted(), ROWS * BATCHES));
  console.log(benchEncode(corpus));
}
