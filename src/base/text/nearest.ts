import { CordwoodError } from '../errors.ts';

/**
 * The known word that a mistyped one probably means, in any case; undefined if none is near. Near
 * means at most one error in three characters: a letter that is added, missing, wrong, or swapped
 * with its neighbour.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const candidate of known) {
    const slips = distance(typed, candidate.toLowerCase());
    if (slips < fewest) {
      fewest = slips;
      best = candidate;
    }
  }
  return best;
}

/** `; did you mean "keep"?`, or an empty text if no known word is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}

/**
 * The error for a name that does not exist, with the name that was probably meant, or else all that
 * exist.
 */
export function unknownName(what: string, name: string, all: readonly string[]): CordwoodError {
  const hint = didYouMean(name, all) || (all.length > 0 ? `; known are ${all.join(', ')}` : '; none exists');
  return new CordwoodError('ERR_USAGE', `cannot find the ${what} ${JSON.stringify(name)}${hint}`);
}

/** The optimal string alignment distance, computed with three rows of the table. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const wrong = a[row - 1] === b[column - 1] ? 0 : 1;
      let slips = Math.min(above[column]! + 1, line[column - 1]! + 1, above[column - 1]! + wrong);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) slips = Math.min(slips, before[column - 2]! + 1);
      line.push(slips);
    }
    before = above;
    above = line;
  }
  return above[b.length]!;
}
