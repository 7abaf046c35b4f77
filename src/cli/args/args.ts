import { parseArgs } from 'node:util';
import { didYouMean } from '../../base/text/nearest.ts';
import type { Flag } from './flag.ts';
import { usageError } from './exit.ts';
import { insteadOfFlag } from './foreign-flag.ts';

/** The flags and words of a command line, checked against a command's flags. */
export class Args {
  readonly words: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(words: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.words = words;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The last value given; undefined if the flag was not given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** Every value given, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** A whole number of at least `min`. @throws CordwoodError ERR_USAGE for another value */
  count(name: string, min = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text) && Number(text) >= min) return Number(text);
    throw usageError(`cannot read --${name} ${JSON.stringify(text)}: it takes a whole number, ${min} or more`);
  }
}

/**
 * Reads a command line as getopt does: a flag with a value takes the next word, even one that begins with a dash
 * (`-S -1h`, `-v -x`). Uses Node's own parser: loading yargs takes 60 ms, a third of the time that a search may take.
 * @throws CordwoodError ERR_USAGE
 */
export function readArgs(argv: readonly string[], flags: readonly Flag[]): Args {
  const known = new Map(flags.flatMap((flag) => [flag.name, ...(flag.aliases ?? [])].map((name) => [name, flag])));
  const { tokens } = parseArgs({
    args: withOptionalValues(argv, flags),
    options: Object.fromEntries([...known].map(([name, flag]) => [name, optionOf(name, flag)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.get(token.name);
    if (!flag) throw unknownFlag(token.rawName, known);
    const value = checkedValue(flag, token.rawName, token.value);
    if (flag.many) values.set(flag.name, [...(values.get(flag.name) ?? []), value]);
    else values.set(flag.name, [value]);
  }
  return new Args(words, values);
}

function optionOf(name: string, flag: Flag): { type: 'string' | 'boolean'; short?: string; multiple: true } {
  const type = flag.value === undefined ? 'boolean' : 'string';
  return { type, multiple: true, ...(flag.short && name === flag.name && { short: flag.short }) };
}

/** Inserts the default of a flag whose value is optional: `-n error` is a limit and a word, `-n 5` is a limit. */
function withOptionalValues(argv: readonly string[], flags: readonly Flag[]): string[] {
  const booleans = flags.flatMap(({ short, value }) => (short && value === undefined ? [short] : [])).join('');
  const optional = flags.filter(({ otherwise }) => otherwise);
  const result: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === '--') return [...result, ...argv.slice(index)];
    const flag = optional.find(({ name, short, aliases = [] }) => {
      const letters = short && new RegExp(`^-[${booleans}]*${short}$`).test(word);
      return letters || [name, ...aliases].some((long) => word === `--${long}`);
    });
    const next = argv[index + 1];
    if (!flag || (next !== undefined && flag.otherwise!.takes.test(next))) result.push(word);
    else result.push(word.startsWith('--') ? `${word}=${flag.otherwise!.value}` : word + flag.otherwise!.value);
  }
  return result;
}

function checkedValue(flag: Flag, raw: string, value: string | undefined): string {
  if (flag.value === undefined) {
    if (value === undefined) return '';
    throw usageError(`cannot read ${raw}=${value}: ${raw} takes no value`);
  }
  if (value === undefined) throw usageError(`cannot read ${raw}: it needs a value: ${raw} ${flag.value}`);
  if (flag.choices && !flag.choices.includes(value)) {
    const hint = didYouMean(value, flag.choices);
    throw usageError(`cannot read ${raw} ${value}: use one of ${flag.choices.join(', ')}${hint}`);
  }
  return value;
}

function unknownFlag(raw: string, known: ReadonlyMap<string, Flag>): Error {
  const instead = insteadOfFlag(raw, known);
  const word = raw.startsWith('--') ? undefined : 'put words that begin with - after --';
  const remedy = [instead, word].filter((each) => each !== undefined).join('; ');
  if (remedy !== '') return usageError(`cannot read ${raw}: unknown flag; ${remedy}`);
  const hint = didYouMean(raw.slice(2), known.keys()).replace('"', '"--');
  return usageError(`cannot read ${raw}: unknown flag${hint || '; --help lists the flags'}`);
}
