import type { Document } from 'mongodb';
import type { Fields, StructuredData } from '../../model/message.ts';
import { setOwn } from '../../model/named-values.ts';

/*
 * SD-IDs and names of parameters and fields are names in documents. MongoDB takes all names except
 * those with a NUL. A `$` at the start would be an operator in a condition, and `$ref` beside `$id`
 * a reference of the driver. So these are percent-encoded, and a `%` that would look like it.
 */

const TO_ENCODE = /^\$|\0|%(?=00|24|25)/g;
const ENCODED = /%(?:00|24|25)/g;
const CODES: Readonly<Record<string, string>> = { $: '%24', '\0': '%00', '%': '%25' };
const CHARACTERS: Readonly<Record<string, string>> = { '%24': '$', '%00': '\0', '%25': '%' };

/** The name under which a document has a value. */
export function storedName(name: string): string {
  return name.replace(TO_ENCODE, (character) => CODES[character]!);
}

/** Inverts `storedName`. */
export function readName(stored: string): string {
  return stored.includes('%') ? stored.replace(ENCODED, (code) => CHARACTERS[code]!) : stored;
}

export function storedFields(fields: Fields): Document {
  return renamed(fields, storedName);
}

export function storedStructuredData(structured: StructuredData): Document {
  return renamed(structured, storedName, (params) => renamed(params, storedName));
}

export function readStoredFields(stored: Document): Fields {
  return renamed(stored as Fields, readName);
}

export function readStoredStructuredData(stored: Document): StructuredData {
  return renamed(stored as StructuredData, readName, (params) => renamed(params, readName));
}

/** The object with its names changed, and its values too if there is a second function. */
function renamed<Value>(
  object: Readonly<Record<string, Value>>,
  rename: (name: string) => string,
  change: (value: Value) => Value = (value) => value,
): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (const [name, value] of Object.entries(object)) setOwn(result, rename(name), change(value));
  return result;
}
