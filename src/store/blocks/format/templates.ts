import type { Unpacked } from '../contract.ts';
import type { ByteReader } from './bytes.ts';
import { damaged, LINE_FEED, TEXTS } from './format.ts';
import { type PackedFrame, readFrame, unpackFrame } from './frames.ts';
import { TemplateMemory } from './template-memory.ts';

/*
 * Texts as templates and variables, see `docs/format.md`. A template is what lines have in common: their text with
 * `MARK` in place of each variable. Variables lie in columns, one for each place of a shape; a shape is what templates
 * share that differ in words only.
 */

/** Stands for a variable in a template. */
export const MARK = 0x11;
/** Streams of a text, in their order: templates, numbers of templates, shapes, heads of columns, their contents. */
export const STREAMS = 13;
/** The streams that say which line has which template. */
const TEMPLATE_STREAMS = 4;
const TEMPLATE_TEXTS = 0;
/** The stream of all variables that are no numbers, except whole lines. */
const STRINGS = 10;

/** No stream is longer than this share of the lines, and some bytes: a head has at most 24 bytes for a variable. */
const MOST_SHARE = 32;
const LEAST_ROOM = 1024;

/** How a text is stored. */
export const TEXT_MODE = { plain: 0, templates: 1 } as const;

/** Some lines of a text, side by side, each ended by a line feed. */
export type Lines = {
  readonly bytes: Buffer;
  /** Where each line begins, and at the end where the last one ends. */
  readonly starts: Uint32Array;
  /** For each line of the text whether it is among them; undefined if all are. */
  readonly among: Uint8Array | undefined;
};

/** Whether lines with a template may match: `at` finds in the texts of templates, or in variables that are no numbers. */
export type TemplateFinder = (bytes: Buffer, from: number) => number;

/** One text of a block that is stored as templates. */
export class TemplateTexts {
  readonly lines: number;
  /** Bytes of all lines. */
  readonly size: number;
  readonly #frames: readonly PackedFrame[];
  readonly #cache: Unpacked | undefined;
  readonly #first: number;
  readonly #unpacked: (Buffer | undefined)[] = [];
  #templates = 0;
  #columnsPlaced = false;

  /** @param text which of `TEXT` it is @param cache of unpacked streams */
  constructor(reader: ByteReader, size: number, text: number, cache: Unpacked | undefined) {
    this.size = size;
    this.lines = reader.varint();
    if (this.lines > size) throw damaged(`a text has ${this.lines} lines in ${size} bytes`);
    this.#frames = Array.from({ length: STREAMS }, () => readFrame(reader));
    const longest = Math.max(...this.#frames.map(({ length }) => length));
    if (longest > size * MOST_SHARE + LEAST_ROOM) throw damaged(`a stream of a text has ${longest} bytes`);
    this.#cache = cache;
    this.#first = TEXTS + text * STREAMS;
  }

  /** All lines. @param room where to put them, if not in their own memory */
  all(room?: Buffer): Lines {
    const memory = this.#open();
    memory.lineMask(this.lines).fill(1);
    return { ...this.#join(memory, this.lines, room), among: undefined };
  }

  /** The lines that are marked. */
  some(mask: Uint8Array): Lines {
    const memory = this.#open();
    memory.lineMask(this.lines).set(mask);
    let count = 0;
    for (let line = 0; line < mask.length; line++) count += mask[line]!;
    return { ...this.#join(memory, count), among: mask };
  }

  /**
   * The lines whose templates contain what `find` finds, or whose text is one variable; undefined if there are none.
   */
  found(find: TemplateFinder): Lines | undefined {
    const texts = this.#stream(TEMPLATE_TEXTS);
    const first = find(texts, 0);
    if (first < 0 && !hasBareMark(texts)) return undefined;
    const memory = this.#open();
    const table = memory.templates(this.#templates);
    const base = table[0]!;
    const mask = memory.templateMask(this.#templates);
    for (let hit = first, template = 0; template < mask.length; template++) {
      const start = table[template * 4]! - base;
      const end = start + table[template * 4 + 1]!;
      while (hit >= 0 && hit < start) hit = find(texts, start);
      const isBare = end - start === 1 && texts[start] === MARK;
      mask[template] = isBare || (hit >= start && hit < end) ? 1 : 0;
    }
    const count = memory.wantTemplates();
    return { ...this.#join(memory, count), among: memory.lineMask(this.lines).slice() };
  }

  /** Whether `find` finds anything in the variables that are no numbers. */
  inVariables(find: TemplateFinder): boolean {
    return find(this.#stream(STRINGS), 0) >= 0;
  }

  /** Whether templates, or variables that are no numbers, have these bytes in them. */
  has(bytes: Buffer): boolean {
    return this.#stream(TEMPLATE_TEXTS).includes(bytes) || this.#stream(STRINGS).includes(bytes);
  }

  release(): void {
    TemplateMemory.forget(this);
  }

  #open(): TemplateMemory {
    return TemplateMemory.of(this, (memory) => {
      for (let stream = 0; stream < TEMPLATE_STREAMS; stream++) this.#place(memory, stream);
      this.#columnsPlaced = false;
      this.#templates = memory.open(this.lines);
    });
  }

  #join(memory: TemplateMemory, count: number, room?: Buffer): { bytes: Buffer; starts: Uint32Array } {
    if (!this.#columnsPlaced) {
      for (let stream = TEMPLATE_STREAMS; stream < STREAMS; stream++) this.#place(memory, stream);
      this.#columnsPlaced = true;
    }
    const { bytes, startsFrom } = memory.join(this.size);
    if (count === this.lines && bytes.length !== this.size) {
      throw damaged(`the lines of a text have ${bytes.length} bytes, not ${this.size}`);
    }
    const copy = room?.subarray(0, bytes.length) ?? Buffer.allocUnsafeSlow(bytes.length);
    copy.set(bytes);
    return { bytes: copy, starts: memory.numbers(startsFrom, count + 1).slice() };
  }

  /** Without a cache, a stream that nothing else reads is unpacked where it is needed. */
  #place(memory: TemplateMemory, stream: number): void {
    if (this.#cache || this.#unpacked[stream]) memory.place(stream, this.#stream(stream));
    else memory.unpack(stream, this.#frames[stream]!);
  }

  #stream(stream: number): Buffer {
    let bytes = this.#unpacked[stream];
    if (bytes) return bytes;
    const kept = this.#cache?.get(this.#first + stream);
    bytes = kept ? Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength) : unpackFrame(this.#frames[stream]!);
    if (!kept)
      this.#cache?.set(this.#first + stream, bytes.length < bytes.buffer.byteLength / 2 ? Buffer.from(bytes) : bytes);
    this.#unpacked[stream] = bytes;
    return bytes;
  }
}

const BARE_MARK = Buffer.from([LINE_FEED, MARK, LINE_FEED]);

/** Whether a template consists of one variable. */
function hasBareMark(texts: Buffer): boolean {
  return texts.includes(BARE_MARK) || (texts[0] === MARK && texts[1] === LINE_FEED);
}
