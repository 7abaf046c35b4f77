import { growingMemory, lazyModule } from '../../../base/wasm/wasm.ts';
import type { ByteWriter } from '../format/bytes.ts';
import { writeFrame } from '../format/frames.ts';
import { STREAMS } from '../format/templates.ts';
import { TEMPLATES_WASM } from './templates.wasm.ts';

/** The exports of `templates.as.ts`, which describes them. */
type Exports = {
  begin(bytes: number, lines: number, groups: number): number;
  startsOfLines(): number;
  endGroup(group: number, line: number, whole: number): void;
  split(find: number): number;
  streamAt(stream: number): number;
  streamLength(stream: number): number;
};

const instantiate = lazyModule<Exports>(TEMPLATES_WASM);

/** Consecutive lines of one program. */
export type LineGroup = {
  /** Number of the line before which it ends. */
  readonly end: number;
  /** Whether its lines are kept as they are, because their templates hardly repeat. */
  readonly whole: boolean;
};

/** The lines of a text, in groups. */
export type GroupedLines = {
  /** The lines, each ended by a line feed. */
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly groups: readonly LineGroup[];
  /** Lengths of the lines if some contain line feeds. */
  readonly lengths?: readonly number[];
};

/** Splits lines into templates and variables; one call after another in the same memory. */
export class TemplateWriter {
  readonly #memory = growingMemory(16);
  readonly #exports = instantiate({ env: { memory: this.#memory } });

  /** Bytes of memory it keeps. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Splits the lines. @returns the streams, valid until the next call */
  split({ bytes, lines, groups, lengths }: GroupedLines): Buffer[] {
    const exports = this.#exports;
    const at = exports.begin(bytes.length, lines, groups.length) >>> 0;
    new Uint8Array(this.#memory.buffer, at, bytes.length).set(bytes);
    for (const [group, { end, whole }] of groups.entries()) exports.endGroup(group, end, whole ? 1 : 0);
    if (lengths) this.#setStarts(lengths);
    if (!exports.split(lengths ? 0 : 1))
      throw new RangeError('cannot split a text: it has more or fewer lines than rows');
    return Array.from({ length: STREAMS }, (_, stream) =>
      Buffer.from(this.#memory.buffer, exports.streamAt(stream) >>> 0, exports.streamLength(stream)),
    );
  }

  #setStarts(lengths: readonly number[]): void {
    const starts = new Uint32Array(this.#memory.buffer, this.#exports.startsOfLines() >>> 0, lengths.length + 1);
    starts[0] = 0;
    for (const [line, length] of lengths.entries()) starts[line + 1] = starts[line]! + length + 1;
  }
}

/** Writes streams as `TemplateTexts` reads them. */
export function writeStreams(out: ByteWriter, lines: number, streams: readonly Buffer[], level: number): void {
  out.varint(lines);
  for (const stream of streams) writeFrame(out, stream, level);
}
