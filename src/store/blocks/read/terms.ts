import type { TermFilter } from '../../../model/filter.ts';
import { globTexts } from '../../../model/glob.ts';
import { compile } from '../../../model/matches.ts';
import type { LogMessage } from '../../../model/message.ts';
import { Pattern } from '../../../model/pattern.ts';
import { innerTokensOf, phraseTokensOf, tokensOf } from '../../../model/tokens.ts';
import type { Probe } from './value-column.ts';

/** Verdicts kept at most, so that forged names cannot fill the memory. */
const MAX_KEPT = 20_000;

/** Times the cost of a term that RE2 decides. */
const RE2_FACTOR = 20;

/** The cost of a term on texts, see `Selector.cost`. */
export function costOf(term: TermFilter, cost: number): number {
  const isSlow = term.kind === 'pattern' && new Pattern(term.source, { ignoreCase: term.ignoreCase }).isSlow;
  return isSlow ? cost * RE2_FACTOR : cost;
}

/** Decides a term on messages that have only its field. */
export function probeTest(term: TermFilter): (probe: Probe) => boolean {
  const test = compile(term);
  return (probe) => test(probe as LogMessage);
}

/** `probeTest` that remembers its verdicts, for fields whose few values recur in block after block. */
export function textVerdict(term: TermFilter, probeOf: (text: string) => Probe): (text: string | undefined) => boolean {
  const test = probeTest(term);
  const known = new Map<string, boolean>();
  return (text) => {
    if (text === undefined) return test({});
    let verdict = known.get(text);
    if (verdict === undefined) {
      if (known.size >= MAX_KEPT) known.clear();
      verdict = test(probeOf(text));
      known.set(text, verdict);
    }
    return verdict;
  };
}

/** Tokens that every message matching a term on `message` contains. */
export function requiredTokens(term: TermFilter): string[] {
  switch (term.kind) {
    case 'word':
      return phraseTokensOf(term.token);
    case 'phrase':
      return phraseTokensOf(term.text, term.open);
    case 'substring':
      return innerTokensOf(term.text);
    case 'equals':
      return tokensOf(term.value);
    case 'glob':
      return globTexts(term.glob).flatMap(innerTokensOf);
    case 'pattern':
      return innerTokensOf(new Pattern(term.source, { ignoreCase: term.ignoreCase }).literal);
    case 'range':
    case 'exists':
      return [];
  }
}
