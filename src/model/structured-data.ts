import type { StructuredElement, StructuredParam } from './message.ts';

/**
 * SD-NAME, but of any length (RFC 5424 §6.3.2 allows 32 bytes): no separators, no control
 * characters.
 */
const NAME = /[^\0-\x20"=\]\x7f]+/y;
/** A part of a PARAM-VALUE without `"`, `\` and `]`, which must be escaped (§6.3.3). */
const PLAIN = /[^"\\\]]*/y;

/**
 * Parses STRUCTURED-DATA as received (RFC 5424 §6.3), except for a NILVALUE. Accepts spaces before
 * `]`. `\` escapes only `"`, `\` and `]`; before any other character it is an ordinary backslash
 * (§6.3.3). Never throws: an element that does not fit the grammar ends the result.
 */
export function parseStructuredData(text: string): StructuredElement[] {
  const elements: StructuredElement[] = [];
  let at = 0;
  while (text[at] === '[') {
    const found = readElement(text, at);
    if (!found) break;
    elements.push(found.element);
    at = found.end;
  }
  return elements;
}

/** The element that begins at `at`, and the index after it; undefined if it does not fit the grammar. */
export function readElement(
  text: string,
  at: number,
): { readonly element: StructuredElement; readonly end: number } | undefined {
  const id = text[at] === '[' ? text.slice(at + 1, endOf(NAME, text, at + 1)) : '';
  if (id === '') return undefined;
  const params: StructuredParam[] = [];
  const end = readParams(text, at + 1 + id.length, params);
  return end < 0 ? undefined : { element: { id, params }, end };
}

/** Reads ` name="value"` until the element's `]`. @returns the index after it, or -1 */
function readParams(text: string, from: number, params: StructuredParam[]): number {
  let at = from;
  for (;;) {
    const gap = at;
    while (text[at] === ' ') at++;
    if (text[at] === ']') return at + 1;
    const name = at === gap ? '' : text.slice(at, endOf(NAME, text, at));
    at += name.length;
    if (name === '' || text[at] !== '=' || text[at + 1] !== '"') return -1;
    const end = valueEnd(text, at + 2);
    if (end < 0) return -1;
    params.push({ name, value: unescaped(text.slice(at + 2, end)) });
    at = end + 1;
  }
}

/** The index of the closing quote; -1 if there is none. */
function valueEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    at = endOf(PLAIN, text, at);
    if (text[at] !== '\\') return text[at] === '"' ? at : -1;
    at += 2;
  }
}

function unescaped(value: string): string {
  return value.includes('\\') ? value.replace(/\\(["\\\]])/g, '$1') : value;
}

/** Where the text ends that a sticky pattern matches at `at`. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Writes elements in the form that `parseStructuredData` reads. */
export function formatStructuredData(elements: readonly StructuredElement[]): string {
  return elements
    .map(({ id, params }) => {
      const written = params.map(({ name, value }) => ` ${name}="${value.replace(/["\\\]]/g, '\\$&')}"`);
      return `[${id}${written.join('')}]`;
    })
    .join('');
}
