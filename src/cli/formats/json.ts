import { valueReader } from '../../model/fields.ts';
import { jsonText } from '../../model/json.ts';
import { visibleJson } from '../io/escape.ts';
import type { Format, FormatOptions } from './format.ts';

/** One object per line. With `--fields`, a key for each field that is present; several values become a list. */
export function json(options: FormatOptions): Format {
  if (!options.fields) return { row: (message) => `${visibleJson(jsonText(message))}\n` };
  const readers = options.fields.map((name) => [name, valueReader(name)] as const);
  return {
    row(message) {
      const picked = readers.flatMap(([name, read]) => {
        const values = read(message).map((value) => jsonValue(name, value));
        const isList = name === 'flags' || values.length > 1;
        return values.length === 0 && !isList ? [] : [[name, isList ? values : values[0]]];
      });
      return `${visibleJson(JSON.stringify(Object.fromEntries(picked)))}\n`;
    },
  };
}

function jsonValue(name: string, value: string | number): string | number {
  return name === 'received_at' || name === 'timestamp' ? new Date(value).toISOString() : value;
}
