/** What no line of text may hold as it is: control characters, and what turns the direction of writing. */
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Text of a log as people may see it: what is invisible is written out. */
export function plain(text: string): string {
  return text
    .replace(/\r?\n/g, '\\n')
    .replace(/\t/g, ' ')
    .replace(UNSEEN, (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}
