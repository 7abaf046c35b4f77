import type { Field, Fields, LogMessage, StructuredElement } from './message.ts';
import { namedValues } from './named-values.ts';
import { formatStructuredData } from './structured-data.ts';
import { structuredKeys } from './structured-object.ts';

/** The shape in which earlier builds kept documents and dead letters: lists in place of objects. */
export type EarlierShape = {
  readonly structured_data?: LogMessage['structured_data'] | readonly StructuredElement[];
  readonly fields?: Fields | readonly Field[];
};

type Replaced = Pick<LogMessage, 'structured_data' | 'structured_text' | 'fields'>;

/** The keys that replace those of the earlier shape; none if there is nothing to replace. */
export function replacedKeys({ structured_data: elements, fields }: EarlierShape): Replaced {
  return {
    ...(isList(elements) && structuredKeys(formatStructuredData(elements))),
    ...(isList(fields) && { fields: namedValues(fields) }),
  };
}

function isList<Value>(value: unknown): value is readonly Value[] {
  return Array.isArray(value);
}
