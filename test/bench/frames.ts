import { createFramer } from '../../src/frame/framer.ts';
import { linesWanted, makeCorpus, type WholeCorpus } from './whole-corpus.ts';
import { median, threadSeconds } from './usage.ts';

/** What a read of a busy socket brings. */
const CHUNK = 64 << 10;
const MAX_FRAME = 64 << 10;
const LINES = 400_000;
const ROUNDS = 7;

/** Frames a CPU second found in a stream of lines, and in the same messages with octet counts; one thread, warm, medians. */
export function benchFrames(corpus: WholeCorpus): { lf: number; octet: number } {
  const lines = Math.min(corpus.lines, LINES);
  const lf = corpus.bytes.subarray(0, corpus.starts[lines]);
  const octet = counted(corpus, lines);
  return { lf: framesPerSecond(lf, lines), octet: framesPerSecond(octet, lines) };
}

/** RFC 6587 §3.4.1 */
function counted({ bytes, starts }: WholeCorpus, lines: number): Buffer {
  const parts: Buffer[] = [];
  for (let line = 0; line < lines; line++) {
    const frame = bytes.subarray(starts[line]!, starts[line + 1]! - 1);
    parts.push(Buffer.from(`${frame.length} `), frame);
  }
  return Buffer.concat(parts);
}

function framesPerSecond(stream: Buffer, lines: number): number {
  const seconds = Array.from({ length: ROUNDS }, () => {
    const framer = createFramer({ maxFrame: MAX_FRAME });
    let found = 0;
    const began = threadSeconds();
    for (let at = 0; at < stream.length; at += CHUNK) {
      framer.push(stream.subarray(at, at + CHUNK), (frames) => {
        found += frames.count;
      });
    }
    const used = threadSeconds() - began;
    if (found !== lines) throw new Error(`found ${found} frames in ${lines} lines`);
    return used;
  });
  return lines / median(seconds);
}

if (import.meta.main) {
  using corpus = makeCorpus(Math.min(linesWanted(), LINES));
  console.log(benchFrames(corpus));
}
