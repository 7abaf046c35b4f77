import { CordwoodError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';

/** The error of a name that nothing has: with the one that was probably meant, or all there are. */
export function unknown(what: string, name: string, all: readonly string[]): CordwoodError {
  const hint = didYouMean(name, all) || (all.length > 0 ? `; there are ${all.join(', ')}` : '; there is none');
  return new CordwoodError('ERR_USAGE', `cannot find the ${what} ${JSON.stringify(name)}${hint}`);
}
