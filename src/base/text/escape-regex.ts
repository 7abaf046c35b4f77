const SYNTAX = /[\\^$.*+?()[\]{}|\0]/g;

/**
 * The source of a regular expression that matches exactly this text, in RE2, PCRE and JavaScript
 * (with the flag `u`); not for use within a class. `RegExp.escape` is no substitute: it writes
 * `\v`, which is a class in PCRE, and `\u2028`, which neither PCRE nor RE2 reads.
 */
export function escapeRegex(text: string): string {
  // mongod takes no NUL in a regular expression.
  return text.replace(SYNTAX, (character) => (character === '\0' ? '\\x00' : `\\${character}`));
}
