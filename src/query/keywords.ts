export type Keyword = 'AND' | 'OR' | 'NOT';

const SIGNS: Readonly<Partial<Record<Keyword, string>>> = { AND: '&&', OR: '||' };

/**
 * The operator at an index of a query, as it is written there. In small letters it must stand
 * between terms: before a term, and `between` says whether behind one.
 */
export function keywordAt(text: string, at: number, word: Keyword, between: boolean): string | undefined {
  const sign = SIGNS[word];
  if (sign !== undefined && text.startsWith(sign, at)) return sign;
  const written = text.slice(at, at + word.length);
  if (written.toUpperCase() !== word || !/^[\s()"]?$/.test(text.charAt(at + word.length))) return undefined;
  if (written === word) return written;
  return between && /^\s*[^\s)]/.test(text.slice(at + word.length)) ? written : undefined;
}
