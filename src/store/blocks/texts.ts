import { ABSENT, type MessageBatch, SPANS } from '../../model/batch.ts';
import { ByteWriter } from './bytes.ts';
import { HEADER_BYTES, LINE_FEED, MAX_ROWS, seal, TEXT_SPANS, TEXTS } from './format.ts';
import { writeFrame } from './frames.ts';
import type { TokenFilter } from './token-filter.ts';

/** Gathers the texts of a block in order of places. Reused from block to block. */
export class Texts {
  /** For each text the column of lengths: 0 absent; else 1, or the length + 1 where a line feed does not end it. */
  readonly lengths: readonly Int32Array[] = TEXT_SPANS.map(() => new Int32Array(MAX_ROWS));
  /** Whether some message is more than ASCII. */
  wide = false;
  readonly #sizes: number[] = [];
  readonly #out = new ByteWriter(1 << 20);

  /** Takes the texts of the placed rows and gives the filter the tokens of the messages. */
  gather(batch: MessageBatch, placed: Uint32Array, filter: TokenFilter): void {
    this.#out.length = 0;
    for (let text = 0; text < TEXTS; text++) {
      const start = this.#out.length;
      const found = this.#gatherOne(batch, placed, text);
      let lineFeeds = found;
      if (text === 0) {
        const scanned = filter.scan(this.#out.buffer, start, this.#out.length);
        lineFeeds = scanned.lineFeeds;
        this.wide = scanned.wide;
      } else if (found > 0) lineFeeds = countLineFeeds(this.#out.view(), start);
      if (lineFeeds !== found) this.#keepLengths(batch, placed, text);
      this.#sizes[text] = this.#out.length - start;
    }
  }

  /** The part `text` for what was gathered. */
  encode(level: number): Buffer {
    const out = new ByteWriter(HEADER_BYTES + 64 + (this.#out.length >> 1));
    out.length = HEADER_BYTES;
    for (const size of this.#sizes) out.varint(size);
    writeFrame(out, this.#out.view(), level);
    return seal(out.view());
  }

  /** Appends one text of each row and a line feed; returns how many rows have it. */
  #gatherOne(batch: MessageBatch, placed: Uint32Array, text: number): number {
    const { offsets, lengths } = batch;
    const presence = this.lengths[text]!;
    const span = TEXT_SPANS[text]!;
    let total = 0;
    let found = 0;
    for (let place = 0; place < placed.length; place++) {
      const length = lengths[placed[place]! * SPANS + span]!;
      presence[place] = length === ABSENT ? 0 : 1;
      if (length === ABSENT) continue;
      total += length + 1;
      found++;
    }
    if (found === 0) return 0;
    this.#out.reserve(total + 8);
    const { arena } = batch;
    const { buffer } = this.#out;
    let at = this.#out.length;
    for (let place = 0; place < placed.length; place++) {
      const index = placed[place]! * SPANS + span;
      const length = lengths[index]!;
      if (length === ABSENT) continue;
      const offset = offsets[index]!;
      arena.copy(buffer, at, offset, offset + length);
      at += length;
      buffer[at++] = LINE_FEED;
    }
    this.#out.length = at;
    return found;
  }

  #keepLengths(batch: MessageBatch, placed: Uint32Array, text: number): void {
    const column = this.lengths[text]!;
    for (let place = 0; place < placed.length; place++) {
      column[place] = batch.lengths[placed[place]! * SPANS + TEXT_SPANS[text]!]! + 1;
    }
  }
}

function countLineFeeds(bytes: Buffer, from: number): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED, from); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
