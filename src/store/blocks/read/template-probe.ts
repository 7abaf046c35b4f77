import { TOKEN_BYTES } from '../../../model/tokens.ts';
import type { TemplateProbe } from '../format/block-texts.ts';
import { MARK, type TemplateFinder } from '../format/templates.ts';
import { TextFinder, type WholeEnds } from './text-finder.ts';

/** A text to search for, and whether its ends are ends of tokens. */
type Wanted = { readonly text: string } & WholeEnds;
type Runs = {
  /** Tokens, and what lies between them. */
  readonly runs: readonly string[];
  /** Whether the text has only a part of the token that a run is. */
  readonly isCut: (index: number) => boolean;
};

const MARKED = String.fromCharCode(MARK);
/** A token that is a variable in every line: it has a digit, or consists of two or more digits of hex. */
const VARIABLE = /\d|^[a-f]{2,}$/;
/** Letters and `_` that no variable has unless it is written as a text. */
const BEYOND_HEX = /[g-z_]/;
/** Texts with these are in no template. */
const NEVER = /[\n\x11]/;

/**
 * What the template of every line with a text has in it. Whole tokens of the text are either in the template or
 * variables. A token that the text only has a part of may be either: such a part counts if it is in no variable.
 * @param wanted ASCII, folded @returns undefined if templates decide nothing
 */
export function templateProbe(wanted: Wanted): TemplateProbe | undefined {
  const { text, wholeStart, wholeEnd } = wanted;
  const runs = text.match(/\w+|\W+/g) ?? [];
  const last = runs.length - 1;
  const isCut = (index: number): boolean =>
    isToken(runs[index]!) && ((index === 0 && !wholeStart) || (index === last && !wholeEnd));
  const probe = candidateProbe({ runs, isCut });
  const exact = probe && exactProbe(wanted, { runs, isCut });
  return exact ? { ...probe, exact } : probe;
}

function candidateProbe({ runs, isCut }: Runs): TemplateProbe | undefined {
  const known = runs.map((run, index) => {
    if (isCut(index)) return '';
    return isToken(run) && VARIABLE.test(run) ? MARKED : run;
  });
  const sure = known.join('');
  if (/[a-z_]/.test(sure)) return { inTemplate: finderOf(sure) };
  const part = longestPart(...runs.filter((_, index) => isCut(index)));
  if (part !== '') return { inTemplate: finderOf(part), notInVariables: finderOf(part) };
  return sure === '' ? undefined : { inTemplate: finderOf(sure) };
}

/**
 * If no whole token of the text is a variable, and no variable has any of its cut tokens, a line has the text exactly if
 * its template has it.
 */
function exactProbe(wanted: Wanted, { runs, isCut }: Runs): TemplateProbe['exact'] {
  if (NEVER.test(wanted.text)) return undefined;
  const tokens = runs.flatMap((run, index) => (isToken(run) ? [{ run, cut: isCut(index) }] : []));
  const parts = tokens.map(({ run, cut }) => (cut ? longestPart(run) : VARIABLE.test(run) ? '' : run));
  if (parts.includes('')) return undefined;
  return {
    inTemplate: finderOf(wanted.text, wanted),
    notInVariables: parts.filter((_, index) => tokens[index]!.cut).map((part) => finderOf(part)),
  };
}

function isToken(run: string): boolean {
  return TOKEN_BYTES[run.charCodeAt(0)]! > 0;
}

/** The longest part between digits that is in a variable only if it is written as a text; '' without such a part. */
function longestPart(...runs: readonly string[]): string {
  const parts = runs.flatMap((run) => run.split(/\d+/));
  return parts.reduce((best, part) => (BEYOND_HEX.test(part) && part.length > best.length ? part : best), '');
}

function finderOf(text: string, ends?: WholeEnds): TemplateFinder {
  const finder = new TextFinder(text);
  return {
    find: (bytes, from) => finder.find(bytes, from),
    mark: (bytes, lines) => finder.mark(bytes, lines, ends),
  };
}
