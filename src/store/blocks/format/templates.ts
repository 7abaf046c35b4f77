import type { Unpacked } from '../contract.ts';
import type { ByteReader } from './bytes.ts';
import { damaged, LINE_FEED, TEXTS } from './format.ts';
import { type PackedFrame, readFrame, unpackFrame } from './frames.ts';
import { TemplateMemory } from './template-memory.ts';
import { textMemory } from './text-memory.ts';

/*
 * Texts as templates and variables, see `docs/format.md`. A template is what lines have in common: their text with
 * `MARK` in place of each variable. Variables lie in columns, one for each place of a shape; a shape is what templates
 * share that differ in words only.
 */

/** Stands for a variable in a template. */
export const MARK = 0x11;
/** Streams of a text, in their order: templates, numbers of templates, shapes, heads of columns, their contents. */
export const STREAMS = 13;
/** The streams that say which line has which template, and where its variables are. */
const TEMPLATE_STREAMS = 5;
const TEMPLATE_TEXTS = 0;
/** The stream of all variables that are no numbers, except whole lines. */
const STRINGS = 10;

/** What is known of a template: it has what is sought, or is one variable. */
const FOUND = 1;
const BARE = 2;

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

/** Finds a text in those of templates, or in variables that are no numbers. */
export type TemplateFinder = {
  /** Where it is found at or after `from`; -1 if nowhere. */
  find(bytes: Buffer, from: number): number;
  /** Line → 1 if it is found there, see `TextMemory.mark`; undefined if it has to be found another way. */
  mark(bytes: Buffer, lines: number): { readonly count: number; readonly marks: Uint8Array } | undefined;
};

type FoundOptions = {
  /** Whether bytes of some lines can have what is wanted. */
  readonly within?: ((bytes: Buffer) => boolean) | undefined;
  /** Where to put the lines, if not in their own memory. */
  readonly room?: Buffer | undefined;
};
/** Lines in the memory of templates. */
type Made = { readonly bytes: Buffer; readonly startsFrom: number; readonly count: number };

/** Lines of which templates tell whether they match. */
export type Verdict = {
  /** Line → 1 if it matches, and how many do. */
  readonly matching: Uint8Array;
  readonly count: number;
};

/** One text of a block that is stored as templates. */
export class TemplateTexts {
  readonly lines: number;
  /** Bytes of all lines. */
  readonly size: number;
  readonly #frames: readonly PackedFrame[];
  readonly #cache: Unpacked | undefined;
  readonly #first: number;
  readonly #unpacked: (Buffer | undefined)[] = [];
  /** Where the texts of templates lie in the memory, and whether each consists of one variable. */
  #textsAt = 0;
  #hasBare = false;
  #isOpen = false;
  #templates = 0;
  /** The streams of variables that lie in the memory, and all that have a place there, as bits. */
  #placed = 0;
  #reserved = 0;

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
   * The lines whose templates have what is sought, or whose text is one variable; undefined if there are none, or all of
   * them together cannot have what is wanted.
   */
  found(finder: TemplateFinder, { within, room }: FoundOptions = {}): Lines | undefined {
    const marks = this.#marksOf(finder) ?? this.#marksByFinding(finder);
    if (marks === 'none') return undefined;
    const memory = this.#open();
    const mask = memory.templateMask(this.#templates);
    for (let template = 0; template < mask.length; template++) mask[template] = marks[template] === 0 ? 0 : 1;
    const count = memory.wantTemplates();
    const made = this.#make(memory, count);
    if (within && !within(textMemory().copied(made.bytes) ?? made.bytes)) return undefined;
    return { ...this.#keep(memory, made, room), among: memory.lineMask(this.lines).slice() };
  }

  /**
   * Lines that match exactly if their templates have what is sought, unless they consist of one variable; undefined if
   * templates have to be searched another way.
   */
  verdict(finder: TemplateFinder): Verdict | 'none' | undefined {
    const marks = this.#marksOf(finder);
    if (!marks || marks === 'none') return marks;
    const memory = this.#open();
    const mask = memory.templateMask(this.#templates);
    for (let template = 0; template < mask.length; template++) mask[template] = marks[template] === FOUND ? 1 : 0;
    const count = memory.wantTemplates();
    const matching = memory.lineMask(this.lines).slice();
    const more = this.#hasBare ? this.#addBare(matching, marks, finder) : 0;
    return more === undefined ? undefined : { matching, count: count + more };
  }

  /** Adds matching lines that consist of one variable. @returns how many; undefined as for `verdict` */
  #addBare(matching: Uint8Array, marks: Uint8Array, finder: TemplateFinder): number | undefined {
    const memory = this.#open();
    const mask = memory.templateMask(this.#templates);
    for (let template = 0; template < mask.length; template++) mask[template] = marks[template] === BARE ? 1 : 0;
    const count = memory.wantTemplates();
    if (count === 0) return 0;
    const texts = textMemory().copied(this.#make(memory, count).bytes);
    const found = texts && finder.mark(texts, count);
    if (!found) return undefined;
    if (found.count === 0) return 0;
    const among = memory.lineMask(this.lines);
    let line = -1;
    for (let index = 0; index < count; index++) {
      line = among.indexOf(1, line + 1);
      if (found.marks[index] === 1) matching[line] = 1;
    }
    return found.count;
  }

  /** Template → `FOUND` if it has what is sought, `BARE` if it is one variable; undefined as for `mark`. */
  #marksOf(finder: TemplateFinder): Uint8Array | 'none' | undefined {
    const texts = textMemory().copied(this.#texts());
    const found = texts && finder.mark(texts, this.lines);
    if (!found) return undefined;
    if (found.count === 0 && !this.#hasBare) return 'none';
    const marks = found.marks.slice();
    if (this.#hasBare) this.#markBare(marks);
    return marks;
  }

  /** As `#marksOf`, if templates are too large or too much alike for it. */
  #marksByFinding(finder: TemplateFinder): Uint8Array | 'none' {
    const texts = Buffer.from(this.#texts());
    const first = finder.find(texts, 0);
    if (first < 0 && !this.#hasBare) return 'none';
    const table = this.#open().templates(this.#templates);
    const base = table[0]!;
    const marks = new Uint8Array(this.#templates);
    for (let hit = first, template = 0; template < marks.length; template++) {
      const start = table[template * 4]! - base;
      const end = start + table[template * 4 + 1]!;
      while (hit >= 0 && hit < start) hit = finder.find(texts, start);
      if (hit >= start && hit < end) marks[template] = FOUND;
    }
    if (this.#hasBare) this.#markBare(marks);
    return marks;
  }

  #markBare(marks: Uint8Array): void {
    const table = this.#open().templates(this.#templates);
    const texts = this.#texts();
    for (let template = 0; template < this.#templates; template++) {
      const isBare = table[template * 4 + 1] === 1 && texts[table[template * 4]! - this.#textsAt] === MARK;
      if (isBare) marks[template] = BARE;
    }
  }

  /** Whether the variables that are no numbers have what is sought. */
  inVariables(finder: TemplateFinder): boolean {
    return finder.find(this.#stream(STRINGS), 0) >= 0;
  }

  /** Whether templates, or variables that are no numbers, have these bytes in them. */
  has(bytes: Buffer): boolean {
    return this.#stream(TEMPLATE_TEXTS).includes(bytes) || this.#stream(STRINGS).includes(bytes);
  }

  release(): void {
    TemplateMemory.forget(this);
  }

  /** The memory, with the texts of templates in it. */
  #begin(): TemplateMemory {
    return TemplateMemory.of(this, (memory) => {
      this.#isOpen = false;
      this.#placed = this.#reserved = 0;
      this.#textsAt = this.#place(memory, TEMPLATE_TEXTS);
      this.#hasBare = hasBareMark(memory.bytes(this.#textsAt, this.#frames[TEMPLATE_TEXTS]!.length));
    });
  }

  /** The texts of templates, valid until the memory changes. */
  #texts(): Buffer {
    return this.#begin().bytes(this.#textsAt, this.#frames[TEMPLATE_TEXTS]!.length);
  }

  #open(): TemplateMemory {
    const memory = this.#begin();
    if (this.#isOpen) return memory;
    for (let stream = TEMPLATE_TEXTS + 1; stream < TEMPLATE_STREAMS; stream++) this.#place(memory, stream);
    this.#templates = memory.open(this.lines);
    this.#isOpen = true;
    return memory;
  }

  /** Makes the wanted lines. */
  #make(memory: TemplateMemory, count: number): Made {
    const needs = memory.needs();
    for (let stream = TEMPLATE_STREAMS; stream < STREAMS; stream++) {
      const bit = 1 << stream;
      if (needs & bit && !(this.#placed & bit)) {
        this.#place(memory, stream);
        this.#placed |= bit;
      } else if (!(this.#reserved & bit)) memory.reserve(stream, this.#frames[stream]!.length);
      this.#reserved |= bit;
    }
    const { bytes, startsFrom } = memory.join(this.size);
    if (count === this.lines && bytes.length !== this.size) {
      throw damaged(`the lines of a text have ${bytes.length} bytes, not ${this.size}`);
    }
    return { bytes, startsFrom, count };
  }

  #join(memory: TemplateMemory, count: number, room?: Buffer): { bytes: Buffer; starts: Uint32Array } {
    return this.#keep(memory, this.#make(memory, count), room);
  }

  /** A copy of lines that stays. */
  #keep(memory: TemplateMemory, { bytes, startsFrom, count }: Made, room?: Buffer): Omit<Lines, 'among'> {
    const copy = room?.subarray(0, bytes.length) ?? Buffer.allocUnsafeSlow(bytes.length);
    copy.set(bytes);
    return { bytes: copy, starts: memory.numbers(startsFrom, count + 1).slice() };
  }

  /** Without a cache, a stream that nothing else reads is unpacked where it is needed. */
  #place(memory: TemplateMemory, stream: number): number {
    if (this.#cache || this.#unpacked[stream]) return memory.place(stream, this.#stream(stream));
    return memory.unpack(stream, this.#frames[stream]!);
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
