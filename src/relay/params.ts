import type { StructuredParam } from '../model/message.ts';

/** The longest time in ISO 8601, and that it is one. */
const TIME = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Reads parameters that may be anything: each by its name, once. */
export class Params {
  readonly #values: Map<string, string[]>;
  #isWrong = false;

  constructor(params: readonly StructuredParam[]) {
    this.#values = new Map();
    for (const { name, value } of params) {
      const known = this.#values.get(name);
      if (known) known.push(value);
      else this.#values.set(name, [value]);
    }
  }

  /** Whether every parameter was read, and each had a value of its kind. */
  get isComplete(): boolean {
    return !this.#isWrong && this.#values.size === 0;
  }

  all(name: string): string[] {
    const values = this.#values.get(name) ?? [];
    this.#values.delete(name);
    return values;
  }

  /** A parameter that occurs at most once. */
  text(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) this.#isWrong = true;
    return values[0];
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

  #checked<Value>(name: string, read: (text: string) => Value | undefined): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = read(text);
    if (value === undefined) this.#isWrong = true;
    return value;
  }
}
