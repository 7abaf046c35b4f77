import type { Framing } from '../base/frame-list.ts';

export const NUL = 0x00;
export const LF = 0x0a;
const CR = 0x0d;

/**
 * Finds the ends of lines. LF or CR LF ends a line, and a NUL before the LF does not belong to it. NUL alone ends lines
 * (RFC 6587 §3.4.2) only for a sender whose first line ended with it: else a text with a NUL would become two messages.
 */
export class LineEnds {
  /** What ends this sender's lines: LF, or NUL or LF, or undefined before the first line. */
  #trailer: typeof NUL | typeof LF | undefined;
  /** Positions of the last LF and NUL found in the chunk; its length if no more follow. */
  #lf = -1;
  #nul = -1;

  constructor(framing: Framing) {
    if (framing === 'lines') this.#trailer = LF;
  }

  /** Only an LF ends a line. */
  get onlyLf(): boolean {
    return this.#trailer === LF;
  }

  beginChunk(): void {
    this.#lf = -1;
    this.#nul = -1;
  }

  /** The end of the line that goes on at `at`, or the chunk's length. Scans each byte at most once for LF and for NUL. */
  find(chunk: Buffer, at: number): number {
    if (this.#lf < at) this.#lf = indexOrEnd(chunk, LF, at);
    if (this.#trailer === LF) return this.#lf;
    if (this.#nul < at) this.#nul = indexOrEnd(chunk, NUL, at);
    return Math.min(this.#lf, this.#nul);
  }

  /**
   * A line ended with this byte. @returns whether that is in doubt: the line before ended with NUL, and this one with LF,
   * so that both may be one line with a NUL in it
   */
  ended(byte: number): boolean {
    const doubtful = byte === LF && this.#trailer === NUL;
    if (byte === LF) this.#trailer = LF;
    else this.#trailer ??= NUL;
    return doubtful;
  }
}

/** Whether this byte before the end of a line does not belong to it. */
export function belongsToEnd(byte: number | undefined, end: number): boolean {
  return end === LF && (byte === CR || byte === NUL);
}

function indexOrEnd(chunk: Buffer, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from);
  return index < 0 ? chunk.length : index;
}
