import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';
import { analyse } from '../base/text/pattern-subset.ts';
import { escapeRegex } from '../base/text/escape-regex.ts';
import { fold } from './tokens.ts';

/** The most characters of a pattern, so that its compiled form stays small. */
export const MAX_PATTERN_LENGTH = 512;

/** A pattern that is not RE2 syntax; `position` is the index of the error, as far as it is known. */
export class PatternError extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = 'PatternError';
    this.position = position;
  }
}

/**
 * Searches ASCII lines that lie side by side: in each line that matches the pattern, a match begins.
 * One that goes beyond its line, or any if the pattern `asserts` where a text or a word begins or
 * ends, need not be one of its line alone.
 */
export type LinePattern = { readonly regexp: RegExp; readonly asserts: boolean };

type Engine = { readonly RE2JS: typeof RE2JS };
const load = createRequire(import.meta.url);

/**
 * A pattern in RE2 syntax: no input makes it slow. RE2 in JavaScript is up to twenty times as slow
 * as RegExp. So it is loaded and run only on texts that contain a literal of the pattern, and not
 * at all for the simplest patterns.
 */
export class Pattern {
  readonly source: string;
  readonly ignoreCase: boolean;
  /** A folded text that every matching value contains once it is folded; empty if none is known. */
  readonly literal: string;
  /** Whether RE2 runs on texts that contain the literal, or on all: a megabyte may take it a second. */
  readonly isSlow: boolean;
  readonly #test: (text: string) => boolean;
  /** For texts of several lines; undefined if only RE2 decides. */
  readonly lines: LinePattern | undefined;
  /** Compiled at the first replacement. */
  #engine: RE2JS | undefined;

  /** @throws PatternError if RE2 does not accept the pattern */
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
    this.isSlow = !analysis?.regexp;
    if (analysis?.regexp) {
      const regexp = new RegExp(analysis.regexp.source, analysis.regexp.flags);
      this.#test = (text) => regexp.test(text);
      const { asserts, isEndless } = analysis.regexp;
      if (!isEndless) this.lines = { regexp: new RegExp(regexp.source, `${regexp.flags}gm`), asserts };
      return;
    }
    const engine = compileRe2(source, this.ignoreCase);
    const holds = literalTest(analysis?.literal ?? '', analysis?.ignoreCase ?? false);
    this.#test = holds ? (text) => holds(text) && engine.test(text) : (text) => engine.test(text);
  }

  /** Whether the pattern is found in the text: anywhere, unless it is anchored. */
  test(text: string): boolean {
    return this.#test(text);
  }

  /** Replaces everything that matches by `standIn`, which is literal. */
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
