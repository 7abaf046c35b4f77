import { usageError } from './exit.ts';

/** The most globs that one value may stand for. */
const MAX_GLOBS = 500;

/**
 * The globs that a value of `-H` or `-t` stands for: `web*,db*` is a list, `web{1,3}` and `web{1..3}`
 * have alternatives, `web[1-3]` and `web[abc]` have one character of several. The value as it is
 * comes first: names of devices may have commas and brackets.
 * @throws CordwoodError ERR_USAGE for too many
 */
export function expandGlobs(value: string, flag: string): string[] {
  const parts = splitList(value);
  const expanded = parts.flatMap((part) => alternatives(part, () => tooMany(value, flag)));
  if (expanded.length > MAX_GLOBS) throw tooMany(value, flag);
  return [...new Set([value, ...expanded])];
}

function tooMany(value: string, flag: string): Error {
  return usageError(`cannot read ${flag} ${value}: it stands for more than ${MAX_GLOBS} names; use * instead`);
}

/** The parts between commas that are outside of brackets. */
function splitList(value: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of value) {
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth = Math.max(0, depth - 1);
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.length === 1 ? parts : parts.map((part) => part.trim()).filter((part) => part !== '');
}

function alternatives(glob: string, tooMany: () => Error): string[] {
  const found = /\{([^{}]*)\}|\[([^\][]+)\]/.exec(glob);
  const choices = found && (found[1] !== undefined ? ofBraces(found[1]) : ofBrackets(found[2]!));
  if (!found || !choices) return [glob];
  if (choices.length > MAX_GLOBS) throw tooMany();
  const before = glob.slice(0, found.index);
  const rests = alternatives(glob.slice(found.index + found[0].length), tooMany);
  if (choices.length * rests.length > MAX_GLOBS) throw tooMany();
  return choices.flatMap((choice) => rests.map((rest) => before + choice + rest));
}

/** `a,b` or `1..3`, with leading zeros kept; undefined for anything else. */
function ofBraces(inner: string): string[] | undefined {
  const range = /^(\d{1,9})\.\.(\d{1,9})$/.exec(inner);
  if (!range) return inner.includes(',') ? inner.split(',') : undefined;
  const [low, high] = [Number(range[1]), Number(range[2])];
  const width = /^0\d/.test(range[1]!) ? range[1]!.length : 0;
  const length = Math.min(Math.abs(high - low), MAX_GLOBS) + 1;
  const step = high < low ? -1 : 1;
  return Array.from({ length }, (_, index) => String(low + index * step).padStart(width, '0'));
}

/** The characters of `1-3` or `abc`; `[!…]` becomes `?`. */
function ofBrackets(inner: string): string[] | undefined {
  if (/^[!^]/.test(inner)) return ['?'];
  if (inner.includes(':')) return undefined;
  return [...inner.matchAll(/([\s\S])-([\s\S])|[\s\S]/gu)].flatMap(([all, from, to]) => {
    if (from === undefined || to === undefined) return [all];
    const [low, high] = [from.codePointAt(0)!, to.codePointAt(0)!];
    const length = Math.min(Math.max(0, high - low), MAX_GLOBS) + 1;
    return Array.from({ length }, (_, index) => String.fromCodePoint(low + index));
  });
}
