import { type FieldRef, fieldsOf, parseFieldName, valueReader, valueText } from '../../model/fields.ts';
import type { LogMessage } from '../../model/message.ts';
import { stampsIn } from '../views/stamps.ts';
import type { FormatOptions } from './format.ts';

/** Reads the text of a field in a message; undefined if the message lacks the field. */
export type CellReader = (message: LogMessage) => string | undefined;

/** Makes a reader for people and tables: severities by name, times with their offset, several values joined by commas. */
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

/** The fields of a message, without those that repeat another (`level` repeats `severity`). */
export function namesOf(message: LogMessage): string[] {
  return fieldsOf(message).filter((name) => name !== 'level');
}
