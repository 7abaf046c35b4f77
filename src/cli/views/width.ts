import { createRequire } from 'node:module';

type StringWidth = typeof import('string-width').default;

const require = createRequire(import.meta.url);
let stringWidth: StringWidth | undefined;

/** Terminal columns that a text takes: combining marks take none, CJK characters and emoji take two. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  // Loaded only for text beyond ASCII: the package takes longer to load than most answers take.
  stringWidth ??= (require('string-width') as { default: StringWidth }).default;
  return stringWidth(text);
}

/** The text with blanks added on its right, or on its left, until it takes `width` columns. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'right' ? text + blanks : blanks + text;
}

/** The text if it takes at most `width` columns, else its beginning with an ellipsis. Never splits a grapheme. */
export function cut(text: string, width: number): string {
  // More code units than this cannot fit: a text of megabytes must not be measured whole.
  const start = text.slice(0, width * MAX_UNITS);
  if (start.length === text.length && widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(start)) {
    used += widthOf(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** UTF-16 units of a grapheme that are looked at, on average; a longer one is cut. */
const MAX_UNITS = 16;
