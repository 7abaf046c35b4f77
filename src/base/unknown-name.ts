import { CordwoodError } from './errors.ts';
import { didYouMean } from './nearest.ts';

/** The error for a name that does not exist, with the name that was probably meant, or else all that exist. */
export function unknownName(what: string, name: string, all: readonly string[]): CordwoodError {
  const hint = didYouMean(name, all) || (all.length > 0 ? `; known are ${all.join(', ')}` : '; none exists');
  return new CordwoodError('ERR_USAGE', `cannot find the ${what} ${JSON.stringify(name)}${hint}`);
}
