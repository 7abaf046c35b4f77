/** `1,234,567`: a whole number for people. */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/**
 * `1 line`, `1,234 lines`: a count and a noun. @param many the plural, if it is not the singular
 * with an s
 */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/**
 * The first `most` characters (code points) of a text. What is cut off is let go: a slice of the
 * text would keep all of it in memory.
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = 0;
  for (let count = 0; count < most && end < text.length; count++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return end < text.length ? copied(text.slice(0, end)) : text;
}

/** A copy of a text that keeps no longer text in memory, of which it may be a slice. */
export function copied(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
