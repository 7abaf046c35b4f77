import { type FieldRef, fieldsOf, parseFieldName, valueReader, valueText } from '../../model/fields.ts';
import type { LogMessage } from '../../model/message.ts';
import { stampsIn } from '../views/stamps.ts';
import type { FormatOptions } from './format.ts';

/** A field's text in a message; undefined where the message lacks it. */
export type CellReader = (message: LogMessage) => string | undefined;

/** Reads fields as texts for people and tables: names of severities, times with their offset, several values by commas. */
export function cellReader(field: string, options: FormatOptions): CellReader {
  const read = valueReader(field);
  const ref: FieldRef | undefined = parseFieldName(field);
  const isTime = ref?.kind === 'known' && (ref.name === 'received_at' || ref.name === 'timestamp');
  const stamps = stampsIn(options.zone);
  return (message) => {
    const values = read(message);
    if (values.length === 0) return undefined;
    if (isTime) return stamps.iso(Number(values[0]));
    return values.length === 1
      ? valueText(field, values[0]!)
      : values.map((value) => valueText(field, value)).join(',');
  };
}

/** Every field of a message that is not told better by another one (`level` tells what `severity` does). */
export function namesOf(message: LogMessage): string[] {
  return fieldsOf(message).filter((name) => name !== 'level');
}
