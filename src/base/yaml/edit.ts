import { parseDocument } from 'yaml';

/** The text of a YAML file with one value set, or removed if it is undefined; comments and order stay as they are. */
export function withValueAt(text: string, path: readonly string[], value: unknown): string {
  const document = parseDocument(text);
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, document.createNode(value, { flow: path.length > 1 }));
  return document.toString({ lineWidth: 0 });
}
