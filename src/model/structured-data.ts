import type { StructuredElement, StructuredParam } from './message.ts';

/** SD-NAME, of any length: what neither separates nor controls (RFC 5424 §6.3.2 and its names of at most 32 bytes). */
const NAME = /[^\0-\x20"=\]\x7f]+/y;
/** What a PARAM-VALUE holds before its closing quote; `"`, `\` and `]` stand in it escaped only (§6.3.3). */
const PLAIN = /[^"\\\]]*/y;

/**
 * The elements of STRUCTURED-DATA as it came over the wire (RFC 5424 §6.3), without its NILVALUE; spaces before `]`
 * are borne with. `\` escapes `"`, `\` and `]` only; before any other character it is an ordinary backslash (§6.3.3).
 * Total: an element that does not fit the grammar ends the reading, and those before it are returned.
 */
export function parseStructuredData(text: string): StructuredElement[] {
  const elements: StructuredElement[] = [];
  let at = 0;
  while (text[at] === '[') {
    const id = run(NAME, text, at + 1);
    if (id === '') break;
    const params: StructuredParam[] = [];
    at = readParams(text, at + 1 + id.length, params);
    if (at < 0) break;
    elements.push({ id, params });
  }
  return elements;
}

/** Reads ` name="value"` until the element's `]`. @returns the index after it, or -1 */
function readParams(text: string, from: number, params: StructuredParam[]): number {
  let at = from;
  for (;;) {
    const gap = at;
    while (text[at] === ' ') at++;
    if (text[at] === ']') return at + 1;
    const name = at === gap ? '' : run(NAME, text, at);
    at += name.length;
    if (name === '' || text[at] !== '=' || text[at + 1] !== '"') return -1;
    const end = valueEnd(text, at + 2);
    if (end < 0) return -1;
    params.push({ name, value: unescaped(text.slice(at + 2, end)) });
    at = end + 1;
  }
}

/** The index of the closing quote, or -1. */
function valueEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    at += run(PLAIN, text, at).length;
    if (text[at] !== '\\') return text[at] === '"' ? at : -1;
    at += 2;
  }
}

function unescaped(value: string): string {
  return value.includes('\\') ? value.replace(/\\(["\\\]])/g, '$1') : value;
}

/** What a sticky pattern finds at `at`. */
function run(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** The wire form of elements; `parseStructuredData` of it gives them back. */
export function formatStructuredData(elements: readonly StructuredElement[]): string {
  return elements
    .map(({ id, params }) => {
      const written = params.map(({ name, value }) => ` ${name}="${value.replace(/["\\\]]/g, '\\$&')}"`);
      return `[${id}${written.join('')}]`;
    })
    .join('');
}
