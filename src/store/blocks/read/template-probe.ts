import { ByteFinder } from '../../../base/text/byte-finder.ts';
import { TOKEN_BYTES } from '../../../model/tokens.ts';
import type { TemplateProbe } from '../format/block-texts.ts';
import { MARK } from '../format/templates.ts';

/** A text to search for, and whether its ends are ends of tokens. */
type Wanted = { readonly text: string; readonly wholeStart: boolean; readonly wholeEnd: boolean };

const MARKED = String.fromCharCode(MARK);
/** A token that is a variable in every line: it has a digit, or consists of two or more digits of hex. */
const VARIABLE = /\d|^[a-f]{2,}$/;
/** Letters and `_` that no variable has unless it is written as a text. */
const BEYOND_HEX = /[g-z_]/;

/**
 * What the template of every line with a text has in it. Whole tokens of the text are either in the template or
 * variables. A token that the text only has a part of may be either: such a part counts if it is in no variable.
 * @param wanted ASCII, folded @returns undefined if templates decide nothing
 */
export function templateProbe({ text, wholeStart, wholeEnd }: Wanted): TemplateProbe | undefined {
  const runs = runsOf(text);
  const last = runs.length - 1;
  const isCut = (index: number): boolean =>
    isToken(runs[index]!) && ((index === 0 && !wholeStart) || (index === last && !wholeEnd));
  const known = runs.map((run, index) => {
    if (isCut(index)) return '';
    return isToken(run) && VARIABLE.test(run) ? MARKED : run;
  });
  const sure = known.join('');
  if (/[a-z_]/.test(sure)) return { inTemplate: finderOf(sure) };
  const part = longest(runs.filter((_, index) => isCut(index)).flatMap((run) => run.split(/\d+/)));
  if (BEYOND_HEX.test(part)) return { inTemplate: finderOf(part), notInVariables: finderOf(part) };
  return sure === '' ? undefined : { inTemplate: finderOf(sure) };
}

/** Tokens, and what lies between them. */
function runsOf(text: string): string[] {
  return text.match(/\w+|\W+/g) ?? [];
}

function isToken(run: string): boolean {
  return TOKEN_BYTES[run.charCodeAt(0)]! > 0;
}

function longest(parts: readonly string[]): string {
  return parts.reduce((best, part) => (BEYOND_HEX.test(part) && part.length > best.length ? part : best), '');
}

function finderOf(text: string): (bytes: Buffer, from: number) => number {
  const finder = new ByteFinder(text);
  return (bytes, from) => finder.find(bytes, from);
}
