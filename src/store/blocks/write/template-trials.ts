import { ByteWriter } from '../format/bytes.ts';
import { LINE_FEED } from '../format/format.ts';
import { writeFrame } from '../format/frames.ts';
import type { TemplateWriter } from './template-writer.ts';
import { writeStreams } from './template-writer.ts';

/** Bytes of lines below which nothing is tried, and above which no more are. */
const WORTH_TRYING = 8 << 10;
const SAMPLE = 64 << 10;
/** zstd level of a trial. */
const LEVEL = 1;
/** A verdict holds for this many blocks. */
const HOLDS = 64;
/** Programs that are remembered. */
const MOST = 1000;

/**
 * Whether the lines of a program are shorter as they are than as templates: those of some repeat whole values rather
 * than words. Remembered by program, since trying costs as much as writing.
 */
export class TemplateTrials {
  readonly #verdicts = new Map<string, { whole: boolean; left: number }>();
  readonly #writer: TemplateWriter;
  readonly #out = new ByteWriter(SAMPLE);

  constructor(writer: TemplateWriter) {
    this.#writer = writer;
  }

  /** @param lines of the program, each ended by a line feed, and without others */
  isWhole(program: string, lines: Buffer): boolean {
    if (lines.length < WORTH_TRYING) return false;
    const known = this.#verdicts.get(program);
    if (known && known.left-- > 0) return known.whole;
    const whole = this.#try(lines);
    if (this.#verdicts.size >= MOST) this.#verdicts.clear();
    this.#verdicts.set(program, { whole, left: HOLDS });
    return whole;
  }

  #try(lines: Buffer): boolean {
    const end = lines.length > SAMPLE ? lines.lastIndexOf(LINE_FEED, SAMPLE) + 1 : lines.length;
    const bytes = end > 0 ? lines.subarray(0, end) : lines;
    const count = feedsIn(bytes);
    const out = this.#out;
    out.length = 0;
    writeFrame(out, bytes, LEVEL);
    const plain = out.length;
    out.length = 0;
    writeStreams(
      out,
      count,
      this.#writer.split({ bytes, lines: count, groups: [{ end: count, whole: false }] }),
      LEVEL,
    );
    return out.length > plain;
  }
}

function feedsIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
