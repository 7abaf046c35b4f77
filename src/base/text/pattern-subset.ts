import { escapeRegex } from './escape-regex.ts';

/**
 * Properties of a pattern that are known without running it: a text that every match contains, and,
 * for the simplest patterns, an equivalent RegExp.
 */
export type Analysis = {
  /**
   * Every matching value contains it: exactly, or, if case is ignored, in any case (it is then
   * ASCII).
   */
  readonly literal: string;
  readonly ignoreCase: boolean;
  /** An equivalent RegExp that needs a bounded number of steps for each character. */
  readonly regexp?: {
    readonly source: string;
    readonly flags: string;
    /** Whether it asks where a text begins or ends, or a word. */
    readonly asserts: boolean;
    /** Whether a match may have any length, line feeds included. */
    readonly isEndless: boolean;
  };
};

type Node =
  | { readonly kind: 'literal'; readonly text: string }
  /** One character of a set, in the syntax of RegExp; undefined if RegExp has no equivalent. */
  | { readonly kind: 'set'; readonly source: string | undefined }
  | { readonly kind: 'assertion'; readonly source: string | undefined }
  | { readonly kind: 'group'; readonly of: readonly Sequence[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number };
type Sequence = readonly Node[];

/**
 * A pattern with more ways through it is left to RE2: RegExp tries them one after the other at each
 * character.
 */
const MAX_WAYS = 32;
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;

/**
 * Analyses a pattern in the common part of RE2 syntax; undefined for any other pattern, including
 * invalid ones.
 */
export function analyse(source: string, ignoreCase: boolean): Analysis | undefined {
  const flagged = source.startsWith('(?i)');
  const caseless = ignoreCase || flagged;
  const reader = new Reader(flagged ? source.slice(4) : source, caseless);
  const alternatives = reader.alternatives(0);
  if (!alternatives || !reader.done) return undefined;
  const literal = longestLiteral(alternatives, caseless);
  const written = waysOf(alternatives, caseless) <= MAX_WAYS ? writeAll(alternatives, caseless) : undefined;
  return {
    literal,
    ignoreCase: caseless,
    ...(written !== undefined && {
      regexp: {
        source: written,
        flags: caseless ? 'iu' : 'u',
        asserts: alternatives.some(hasAssertion),
        isEndless: alternatives.some(isEndless),
      },
    }),
  };
}

/**
 * A recursive descent parser; each method returns undefined at the first syntax that it does not
 * know.
 */
class Reader {
  readonly #text: readonly string[];
  readonly #caseless: boolean;
  #at = 0;

  constructor(source: string, caseless: boolean) {
    this.#text = [...source];
    this.#caseless = caseless;
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  alternatives(depth: number): Sequence[] | undefined {
    if (depth > 20) return undefined;
    const all: Sequence[] = [];
    do {
      const sequence = this.#sequence(depth);
      if (!sequence) return undefined;
      all.push(sequence);
    } while (this.#take('|'));
    return all;
  }

  #sequence(depth: number): Node[] | undefined {
    const nodes: Node[] = [];
    while (!this.done && this.#text[this.#at] !== '|' && this.#text[this.#at] !== ')') {
      const atom = this.#atom(depth);
      const node = atom && this.#repeated(atom);
      if (!node) return undefined;
      nodes.push(node);
    }
    return nodes;
  }

  #atom(depth: number): Node | undefined {
    const character = this.#text[this.#at++]!;
    if (character === '(') return this.#group(depth);
    if (character === '[') return this.#set();
    if (character === '.') return { kind: 'set', source: '[^\\n]' };
    if (character === '^' || character === '$') return { kind: 'assertion', source: character };
    if (character === '\\') return this.#escape();
    if ('*+?{}]'.includes(character)) return undefined;
    return { kind: 'literal', text: character };
  }

  #group(depth: number): Node | undefined {
    if (this.#take('?') && !this.#take(':')) return undefined;
    const of = this.alternatives(depth + 1);
    return of && this.#take(')') ? { kind: 'group', of } : undefined;
  }

  /** `\s` and the like mean ASCII characters in RE2 and more in RegExp, so they are written out. */
  #escape(): Node | undefined {
    const character = this.#text[this.#at++];
    if (character === undefined) return undefined;
    if (PUNCTUATION.test(character)) return { kind: 'literal', text: character };
    const known = ESCAPES[character];
    if (known) return { kind: 'set', source: this.#caseless && /[wW]/.test(character) ? undefined : known };
    if (character === 'b') return { kind: 'assertion', source: this.#caseless ? undefined : '\\b' };
    return undefined;
  }

  #set(): Node | undefined {
    const end = this.#text.indexOf(']', this.#at);
    if (end < 0) return undefined;
    const body = this.#text.slice(this.#at, end).join('');
    if (!/^\^?(?:[\w .:,;/@%#~-]|\\[dnt./-])+$/.test(body) || !/^\^?-?(?:[^-]-[^-]|[^-])+-?$/.test(body))
      return undefined;
    if (/[^-]-\\|\\.-[^-]/.test(body) || [...body.matchAll(/([^-\\])-([^-])/g)].some(([, a, b]) => a! > b!))
      return undefined;
    this.#at = end + 1;
    const negated = body.startsWith('^');
    return {
      kind: 'set',
      source: negated && this.#caseless ? undefined : `[${body.replace(/(?<=^\^?)-|-$/g, '\\-')}]`,
    };
  }

  #repeated(of: Node): Node | undefined {
    const bounds = this.#bounds();
    if (bounds === undefined) return of;
    if (bounds === 'unknown' || of.kind === 'assertion') return undefined;
    this.#take('?');
    // RE2 does not accept a second quantifier, and has the error message.
    return '*+?{'.includes(this.#text[this.#at] ?? ' ') ? undefined : { kind: 'repeat', of, ...bounds };
  }

  #bounds(): { min: number; max: number } | 'unknown' | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (this.#text[this.#at] !== '{') return undefined;
    const match = /^\{(\d{1,3})(,(\d{1,3})?)?\}/.exec(this.#text.slice(this.#at, this.#at + 10).join(''));
    if (!match) return 'unknown';
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? Infinity : Number(match[3]);
    if (max < min) return 'unknown';
    this.#at += match[0].length;
    return { min, max };
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  s: '[\\t\\n\\f\\r ]',
  S: '[^\\t\\n\\f\\r ]',
  w: '[0-9A-Za-z_]',
  W: '[^0-9A-Za-z_]',
  n: '\\n',
  t: '\\t',
};

function longestLiteral(alternatives: readonly Sequence[], caseless: boolean): string {
  if (alternatives.length !== 1) return '';
  const runs = [''];
  const collect = (sequence: Sequence): void => {
    for (const node of sequence) {
      if (node.kind === 'literal' && (!caseless || node.text < '\x80')) runs[runs.length - 1] += node.text;
      else if (node.kind === 'group' && node.of.length === 1) collect(node.of[0]!);
      else if (node.kind === 'repeat' && node.min > 0) runs.push(longestLiteral([[node.of]], caseless), '');
      else if (node.kind !== 'assertion') runs.push('');
    }
  };
  collect(alternatives[0]!);
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest));
}

function hasAssertion(sequence: Sequence): boolean {
  return sequence.some((node) => {
    if (node.kind === 'group') return node.of.some(hasAssertion);
    return node.kind === 'repeat' ? hasAssertion([node.of]) : node.kind === 'assertion';
  });
}

/** Whether an unbounded repeat may pass a line feed. */
function isEndless(sequence: Sequence): boolean {
  return sequence.some((node) => {
    if (node.kind === 'group') return node.of.some(isEndless);
    if (node.kind !== 'repeat') return false;
    return isEndless([node.of]) || (node.max === Infinity && (charactersOf(node.of, false) ?? '\n').includes('\n'));
  });
}

/**
 * The number of ways that a backtracking engine may try from one character; infinite for unbounded
 * repeats, unless they end where they must (see `isForced`).
 */
function waysOf(alternatives: readonly Sequence[], caseless: boolean): number {
  const waysThrough = (sequence: Sequence): number =>
    sequence.reduce((product, node, at) => product * (isForced(sequence, at, caseless) ? 1 : ways(node, caseless)), 1);
  return alternatives.reduce((sum, sequence) => sum + waysThrough(sequence), 0);
}

/** Characters that tell sets apart: all of ASCII, some beyond, and those that fold to ASCII. */
const SAMPLE = [...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)), 'é', 'ſ', '\u212a', '🦊'];

/** The characters of `SAMPLE` that a node matches; undefined if it is not of exactly one character. */
function charactersOf(node: Node | undefined, caseless: boolean): string | undefined {
  if (node?.kind !== 'literal' && node?.kind !== 'set') return undefined;
  const source = write(node, caseless);
  if (source === undefined) return undefined;
  const regexp = new RegExp(`^${source}$`, caseless ? 'iu' : 'u');
  return SAMPLE.filter((character) => regexp.test(character)).join('');
}

/**
 * Whether a node repeats one character between two that are not it: each run of it is then read once
 * for one place to begin, and no shorter part of it can match. The repeat must not be empty: the
 * characters beside it would be neighbours.
 */
function isForced(sequence: Sequence, at: number, caseless: boolean): boolean {
  const node = sequence[at]!;
  if (node.kind !== 'repeat' || node.max !== Infinity || node.min === 0) return false;
  const repeated = charactersOf(node.of, caseless);
  const beside = [sequence[at - 1], sequence[at + 1]].map((other) => charactersOf(other, caseless));
  if (repeated === undefined) return false;
  return beside.every((other) => other !== undefined && [...other].every((character) => !repeated.includes(character)));
}

function ways(node: Node, caseless: boolean): number {
  if (node.kind === 'group') return waysOf(node.of, caseless);
  if (node.kind !== 'repeat') return 1;
  const inner = ways(node.of, caseless);
  if (inner === 1 && node.max <= MAX_WAYS) return node.max - node.min + 1;
  return node.max === 1 ? inner + 1 : Infinity;
}

function writeAll(alternatives: readonly Sequence[], caseless: boolean): string | undefined {
  const written = alternatives.map((sequence) => sequence.map((node) => write(node, caseless)));
  return written.flat().includes(undefined) ? undefined : written.map((parts) => parts.join('')).join('|');
}

function write(node: Node, caseless: boolean): string | undefined {
  switch (node.kind) {
    case 'literal':
      if (caseless && node.text >= '\x80') return undefined;
      return escapeRegex(node.text);
    case 'set':
    case 'assertion':
      return node.source;
    case 'group': {
      const inner = writeAll(node.of, caseless);
      return inner === undefined ? undefined : `(?:${inner})`;
    }
    case 'repeat': {
      const inner = write(node.of, caseless);
      const max = node.max === Infinity ? '' : node.max;
      return inner === undefined ? undefined : `${inner}{${node.min},${max}}`;
    }
  }
}
