import type { Field, Fields } from './message.ts';
import { namedValues, pairsOf } from './named-values.ts';

/* The span `fields` of a batch is the JSON of a list of fields, as blocks on disk have it. */

/** The fields of a span; a lone surrogate in a name becomes U+FFFD, because no document can hold it. */
export function readFields(text: string): Fields {
  const fields = JSON.parse(text) as Field[];
  return namedValues(fields.map(({ name, value }) => ({ name: name.toWellFormed(), value })));
}

/** The span for these fields. */
export function writeFields(fields: Fields): string {
  return JSON.stringify(pairsOf(fields));
}
