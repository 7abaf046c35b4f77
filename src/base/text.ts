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
