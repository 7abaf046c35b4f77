import type { StructuredElement, StructuredParam } from './message.ts';

/**
 * The elements of STRUCTURED-DATA as it came over the wire (RFC 5424 §6.3), without its NILVALUE.
 * `\` escapes `"`, `\` and `]` only; before any other character it is an ordinary backslash (§6.3.3).
 * Total: what does not fit the grammar ends the reading, and what was read so far is returned.
 */
export function parseStructuredData(text: string): StructuredElement[] {
  const elements: StructuredElement[] = [];
  const element = /\[([^\s="\]]+)((?:\s+[^\s="\]]+="(?:[^"\\\]]|\\[\s\S])*")*)\s*\]/y;
  for (let match = element.exec(text); match; match = element.exec(text)) {
    elements.push({ id: match[1]!, params: parseParams(match[2]!) });
  }
  return elements;
}

function parseParams(text: string): StructuredParam[] {
  const params: StructuredParam[] = [];
  for (const match of text.matchAll(/\s+([^\s="\]]+)="((?:[^"\\\]]|\\[\s\S])*)"/g)) {
    params.push({ name: match[1]!, value: match[2]!.replace(/\\(["\\\]])/g, '$1') });
  }
  return params;
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
