import { SPAN, SPANS } from '../model/batch.ts';
import { ByteFinder } from '../base/text/byte-finder.ts';
import type { Filter } from '../model/filter.ts';
import { type TextFilter, textTest } from '../model/matches.ts';
import { Pattern } from '../model/pattern.ts';
import type { RowTest, StageRows } from './stage-rows.ts';

const NOT_ASCII = /[^\0-\x7f]/;
/** Characters beyond ASCII that fold to an ASCII letter: ſ folds to s, the Kelvin sign to k. */
const FOLDED_TO_ASCII = ['\u017f', '\u212a'].map((character) => Buffer.from(character));

/**
 * A test of the message's text for a condition that implies a literal. It searches the bytes for
 * the literal, and makes a string only if it finds it. Undefined if the condition implies no
 * literal.
 */
export function messageTest(filter: Filter): RowTest | undefined {
  const literal = literalOf(filter);
  if (literal === undefined || literal === '' || NOT_ASCII.test(literal)) return undefined;
  const test = textTest(filter as TextFilter);
  const finder = new ByteFinder(literal);
  const alike = /[sk]/.test(literal) ? new AlikeBytes() : undefined;
  return (rows, row) => {
    const { batch } = rows;
    const offset = batch.offsets[row * SPANS + SPAN.message]!;
    const length = batch.lengths[row * SPANS + SPAN.message]!;
    if (length < literal.length && !alike?.in(rows)) return false;
    // A row without a text has an empty one.
    if (length < 0) return test('');
    if (finder.find(batch.arena, offset, offset + length) < 0 && !alike?.in(rows)) return false;
    return test(batch.arena.toString('utf8', offset, offset + length));
  };
}

/** A text that every matching value contains, both folded; undefined if none is known. */
function literalOf(filter: Filter): string | undefined {
  switch (filter.kind) {
    case 'word':
      return filter.token;
    case 'substring':
    case 'phrase':
      return filter.text;
    case 'equals':
      return filter.value;
    case 'pattern':
      return new Pattern(filter.source, { ignoreCase: filter.ignoreCase }).literal;
    default:
      return undefined;
  }
}

/**
 * Whether a batch contains a character that folds to an ASCII letter. Hardly any batch does, so one
 * search covers all.
 */
class AlikeBytes {
  #filling = -1;
  #used = 0;
  #found = false;

  in({ batch }: StageRows): boolean {
    if (this.#filling === batch.fillings && this.#used === batch.used) return this.#found;
    const arena = batch.arena.subarray(0, batch.used);
    this.#found = FOLDED_TO_ASCII.some((bytes) => arena.includes(bytes));
    this.#filling = batch.fillings;
    this.#used = batch.used;
    return this.#found;
  }
}
