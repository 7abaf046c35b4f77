import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';
import { analyse } from '../base/text/pattern-subset.ts';
import { escapeRegex } from '../base/text/escape-regex.ts';
import { fold } from './tokens.ts';

/** Characters of a pattern at most: what it compiles to must stay small. */
export const MAX_PATTERN_LENGTH = 512;

/** A pattern that is not RE2 syntax; `position` is the index of the culprit, as far as it can be told. */
export class PatternError extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = 'PatternError';
    this.position = position;
  }
}

type Engine = { readonly RE2JS: typeof RE2JS };
const load = createRequire(import.meta.url);

/**
 * A pattern in RE2 syntax: no input makes it slow. RE2 in JavaScript costs up to twenty times what RegExp does, so it
 * is loaded and asked only where a literal of the pattern was found first, and not at all for the simplest patterns.
 */
export class Pattern {
  readonly source: string;
  readonly ignoreCase: boolean;
  /** A text that every matching value holds once folded, folded itself; empty where none is known. */
  readonly literal: string;
  readonly #test: (text: string) => boolean;
  /** Made when it is needed for more than a test. */
  #engine: RE2JS | undefined;

  /** @throws PatternError for what RE2 does not accept */
  constructor(source: string, options: { readonly ignoreCase?: boolean } = {}) {
    this.source = source;
    this.ignoreCase = options.ignoreCase ?? false;
    if (source.length > MAX_PATTERN_LENGTH) {
      throw new PatternError(
        `the pattern has ${source.length} characters: at most ${MAX_PATTERN_LENGTH} are allowed`,
        MAX_PATTERN_LENGTH,
      );
    }
    const analysis = analyse(source, this.ignoreCase);
    this.literal = fold(analysis?.literal ?? '');
    if (analysis?.regexp) {
      const regexp = new RegExp(analysis.regexp.source, analysis.regexp.flags);
      this.#test = (text) => regexp.test(text);
      return;
    }
    const engine = compileRe2(source, this.ignoreCase);
    const holds = literalTest(analysis?.literal ?? '', analysis?.ignoreCase ?? false);
    this.#test = holds ? (text) => holds(text) && engine.test(text) : (text) => engine.test(text);
  }

  /** Whether it is found anywhere in the text, unless anchored. */
  test(text: string): boolean {
    return this.#test(text);
  }

  /** The text with `standIn`, taken literally, in the place of everything that matches. */
  replace(text: string, standIn: string): string {
    if (!this.#test(text)) return text;
    this.#engine ??= compileRe2(this.source, this.ignoreCase);
    return this.#engine.matcher(text).replaceAll(() => standIn);
  }
}

function literalTest(literal: string, ignoreCase: boolean): ((text: string) => boolean) | undefined {
  if (literal === '') return undefined;
  if (!ignoreCase) return (text) => text.includes(literal);
  const regexp = new RegExp(escapeRegex(literal), 'iu');
  return (text) => regexp.test(text);
}

function compileRe2(source: string, ignoreCase: boolean): RE2JS {
  const { RE2JS } = load('re2js') as Engine;
  try {
    return RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    const { error: reason, input } = error as { error?: unknown; input?: unknown };
    if (typeof reason !== 'string') throw error;
    const culprit = typeof input === 'string' ? input : '';
    throw new PatternError(
      culprit === '' ? reason : `${reason}: ${culprit}`,
      Math.max(0, culprit === '' ? 0 : source.indexOf(culprit)),
    );
  }
}
