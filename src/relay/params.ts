import type { StructuredParam } from '../model/message.ts';

/** The longest time in ISO 8601, and that it is one. */
const TIME = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Reads parameters that may be anything: each by its name, once. There are few, and each line has them. */
export class Params {
  readonly #params: readonly StructuredParam[];
  /** Those that were read. */
  readonly #read: boolean[] = [];
  #left: number;
  #isWrong = false;

  constructor(params: readonly StructuredParam[]) {
    this.#params = params;
    this.#left = params.length;
  }

  /** Whether every parameter was read, and each had a value of its kind. */
  get isComplete(): boolean {
    return !this.#isWrong && this.#left === 0;
  }

  all(name: string): string[] {
    const values: string[] = [];
    for (let index = this.#next(name, 0); index >= 0; index = this.#next(name, index + 1))
      values.push(this.#take(index));
    return values;
  }

  /** A parameter that occurs at most once. */
  text(name: string): string | undefined {
    const first = this.#next(name, 0);
    if (first < 0) return undefined;
    if (this.#next(name, first + 1) >= 0) this.#isWrong = true;
    return this.#take(first);
  }

  choice<const Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    return this.#checked(name, (text) => choices.find((one) => one === text));
  }

  /** A whole number from 0 to `max`. */
  whole(name: string, max = Number.MAX_SAFE_INTEGER): number | undefined {
    return this.#checked(name, (text) => (/^\d{1,16}$/.test(text) && Number(text) <= max ? Number(text) : undefined));
  }

  /** ms since 1970. */
  time(name: string): number | undefined {
    return this.#checked(name, (text) => {
      const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
      return Number.isNaN(at) ? undefined : at;
    });
  }

  base64(name: string): Uint8Array | undefined {
    return this.#checked(name, (text) => {
      const bytes = Buffer.from(text, 'base64');
      return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
    });
  }

  /** Texts separated by commas; none if the parameter is absent. */
  list(name: string): string[] {
    return this.text(name)?.split(',') ?? [];
  }

  /** The index of the next parameter with this name that was not read; -1 if no other one has it. */
  #next(name: string, from: number): number {
    for (let index = from; index < this.#params.length; index++) {
      if (this.#params[index]!.name === name && !this.#read[index]) return index;
    }
    return -1;
  }

  #take(index: number): string {
    this.#read[index] = true;
    this.#left--;
    return this.#params[index]!.value;
  }

  #checked<Value>(name: string, read: (text: string) => Value | undefined): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = read(text);
    if (value === undefined) this.#isWrong = true;
    return value;
  }
}
