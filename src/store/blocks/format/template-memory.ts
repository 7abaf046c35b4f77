import { growingMemory, lazyModule } from '../../../base/wasm/wasm.ts';
import { damaged } from './format.ts';
import { type PackedFrame, unpackFrameInto } from './frames.ts';
import { TEMPLATE_LINES_WASM } from './template-lines.wasm.ts';

/** The exports of `template-lines.as.ts`, which describes them. WebAssembly returns addresses as signed numbers. */
type Exports = {
  begin(): void;
  place(stream: number, bytes: number): number;
  open(lines: number): number;
  templateTable(): number;
  templateMask(): number;
  lineMask(): number;
  wantTemplates(): number;
  needs(): number;
  join(limit: number): number;
  linesAt(): number;
  startsAt(): number;
  faultCode(): number;
};

const instantiate = lazyModule<Exports>(TEMPLATE_LINES_WASM);

/** Memory beyond this is not kept, bytes. */
const LARGE = 64 << 20;

/** Bytes behind each stream that may be written. */
const SPARE = 64;

/** By number as in `template-input.as.ts`. */
const FAULTS = [
  '',
  'a stream ends early',
  'there are too many templates, lines or variables',
  'a variable or a line is too long',
  'a column has an unknown form',
  'a number is out of its range',
  'a template does not fit its shape',
  'a stream has more than is needed',
];

/** The memory in which lines are made of templates. Views of it are valid until the next call. */
export class TemplateMemory {
  readonly #memory = growingMemory(16);
  readonly #exports = instantiate({ env: { memory: this.#memory } });
  /** The instance for the next caller. */
  static #shared: TemplateMemory | undefined;
  /** Whose streams lie in it. */
  static #owner: object | undefined;

  /** The memory, with the streams of `owner` in it; `begin` is called if it has those of another. */
  static of(owner: object, begin: (memory: TemplateMemory) => void): TemplateMemory {
    const shared = TemplateMemory.#shared ?? new TemplateMemory();
    TemplateMemory.#shared = shared;
    if (TemplateMemory.#owner === owner) return shared;
    TemplateMemory.#owner = undefined;
    shared.#exports.begin();
    begin(shared);
    TemplateMemory.#owner = owner;
    return shared;
  }

  /** Forgets what lies in the memory, and gives it back if it is large. */
  static forget(owner: object): void {
    if (TemplateMemory.#owner === owner) TemplateMemory.#reset();
  }

  static #reset(): void {
    TemplateMemory.#owner = undefined;
    const shared = TemplateMemory.#shared;
    if (shared && shared.#memory.buffer.byteLength > LARGE) TemplateMemory.#shared = undefined;
  }

  /** Keeps the place of a stream that no wanted line needs. */
  reserve(stream: number, bytes: number): void {
    this.#run((exports) => exports.place(stream, bytes));
  }

  /** Copies a stream into the memory. @returns where it begins */
  place(stream: number, bytes: Uint8Array): number {
    const at = this.#run((exports) => exports.place(stream, bytes.length));
    new Uint8Array(this.#memory.buffer, at, bytes.length).set(bytes);
    return at;
  }

  /** Unpacks a stream into the memory. @returns where it begins @throws if it is damaged */
  unpack(stream: number, frame: PackedFrame): number {
    const at = this.#run((exports) => exports.place(stream, frame.length));
    unpackFrameInto(frame, Buffer.from(this.#memory.buffer, at, frame.length + SPARE));
    return at;
  }

  /** What lies at an address. */
  bytes(address: number, length: number): Buffer {
    return Buffer.from(this.#memory.buffer, address, length);
  }

  /** Reads the templates. @returns their number @throws if the streams are damaged */
  open(lines: number): number {
    return this.#run((exports) => exports.open(lines));
  }

  /** Address of each template's text, its length, its shape and its variables, one after another. */
  templates(count: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, this.#exports.templateTable() >>> 0, count * 4);
  }

  /** For each template whether its lines are wanted, to be set. */
  templateMask(count: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#exports.templateMask() >>> 0, count);
  }

  /** For each line whether it is wanted. */
  lineMask(lines: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#exports.lineMask() >>> 0, lines);
  }

  /** Wants the lines of the templates that are marked. @returns their number */
  wantTemplates(): number {
    return this.#run((exports) => exports.wantTemplates());
  }

  /** The streams that the wanted lines need, as bits. */
  needs(): number {
    return this.#run((exports) => exports.needs());
  }

  /** Makes the wanted lines; `limit` is the length of all lines. @throws if the streams are damaged */
  join(limit: number): { bytes: Buffer; startsFrom: number } {
    const length = this.#run((exports) => exports.join(limit));
    return { bytes: this.bytes(this.#exports.linesAt() >>> 0, length), startsFrom: this.#exports.startsAt() >>> 0 };
  }

  /** A table of `count` numbers. */
  numbers(address: number, count: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, address, count);
  }

  #run(call: (exports: Exports) => number): number {
    try {
      return call(this.#exports) >>> 0;
    } catch (error) {
      TemplateMemory.#reset();
      const fault = FAULTS[this.#exports.faultCode()];
      throw fault ? damaged(`the templates of a text: ${fault}`, error) : error;
    }
  }
}
