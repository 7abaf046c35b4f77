import { type Document, isMap, isNode, LineCounter, type Node, parseDocument } from 'yaml';
import { reasonOf } from '../errors.ts';
import type { Fault } from '../validate.ts';
import { isInValue, syntaxFaults, takeUnquoted } from './faults.ts';

/** A position in the file, both counted from 1. */
export type FilePosition = { readonly line: number; readonly column: number };
export type SyntaxFault = { readonly place?: FilePosition; readonly message: string };

/** A YAML file as plain values, with the position of each. */
export type YamlSource = {
  readonly value: unknown;
  readonly faults: readonly SyntaxFault[];
  placeOf(fault: Fault): FilePosition | undefined;
};

/**
 * Reads YAML 1.2; an empty file is an empty configuration. A fault within one value leaves the others readable: `value`
 * is absent only if the file as a whole cannot be read.
 */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): FilePosition => ({
    line: lines.linePos(offset).line,
    column: lines.linePos(offset).col,
  });
  const isReadable = document.errors.every(isInValue);
  const found = [...syntaxFaults(document, text), ...(isReadable ? takeUnquoted(document, text) : [])];
  const faults = found.map(({ offset, message }): SyntaxFault => ({ place: at(offset), message }));
  let value: unknown;
  try {
    value = isReadable ? (document.toJS() ?? {}) : undefined;
  } catch (error) {
    faults.push({ message: reasonOf(error) });
  }
  return {
    value,
    faults,
    placeOf: (fault) => {
      const offset = offsetOf(document, fault);
      return offset === undefined ? undefined : at(offset);
    },
  };
}

/** The offset of the value, of the key if the key is wrong, or of the parent if the value is missing. */
function offsetOf(document: Document, { path, unknownKey }: Fault): number | undefined {
  if (unknownKey) {
    const holder = document.getIn(path.slice(0, -1), true);
    const pair = isMap(holder) ? holder.items.find(({ key }) => keyText(key) === path.at(-1)) : undefined;
    return isNode(pair?.key) ? startOf(pair.key) : undefined;
  }
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node)) return startOf(node);
  }
  return undefined;
}

function keyText(key: unknown): unknown {
  return isNode(key) ? String(key) : key;
}

function startOf(node: Node): number | undefined {
  return node.range?.[0];
}
