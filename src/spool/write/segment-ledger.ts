import type { SegmentSpan } from '../format/segment.ts';

type Line = { segment: number; first: number; last: number; bytes: number; safeSince: number | undefined };

/** Which segments exist, which messages they hold, and which segments can be deleted. */
export class SegmentLedger {
  readonly #lines: Line[] = [];
  #bytes = 0;
  #safe = 0;

  constructor(spans: readonly SegmentSpan[]) {
    for (const span of spans) {
      this.#lines.push({ ...span, safeSince: undefined });
      this.#bytes += span.bytes;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  get segments(): number {
    return this.#lines.length;
  }

  /** Bytes that are not safe yet; of a segment that is safe in part, in proportion to its messages. */
  get waitingBytes(): number {
    let waiting = 0;
    for (const { first, last, bytes } of this.#lines) {
      const messages = last - first + 1;
      const above = last - Math.max(this.#safe, first - 1);
      if (messages > 0 && above > 0) waiting += (bytes * above) / messages;
    }
    return Math.round(waiting);
  }

  /** The newest segment has grown, or a new one was started. */
  extend(segment: number, end: number, first: number, last: number): void {
    let line = this.#lines.at(-1);
    if (line?.segment !== segment) {
      line = { segment, first, last, bytes: 0, safeSince: undefined };
      this.#lines.push(line);
    }
    this.#bytes += end - line.bytes;
    line.bytes = end;
    line.last = last;
  }

  /** All messages up to `sequence` are safe in the store. */
  markSafe(sequence: number): void {
    this.#safe = Math.max(this.#safe, sequence);
  }

  /**
   * Segments below `before` that have been safe as a whole for `graceMs`, oldest first. The newest
   * segment on disk always stays: it keeps the sequence and the clock.
   */
  deletable(before: number, now: number, graceMs: number): number[] {
    const found: number[] = [];
    for (const line of this.#lines) {
      if (line.segment >= before || line.last > this.#safe) break;
      line.safeSince ??= now;
      if (now - line.safeSince >= graceMs) found.push(line.segment);
    }
    return found;
  }

  remove(segment: number): void {
    const index = this.#lines.findIndex((line) => line.segment === segment);
    if (index < 0) return;
    this.#bytes -= this.#lines[index]!.bytes;
    this.#lines.splice(index, 1);
  }
}
