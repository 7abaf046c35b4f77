import { paint } from '../io/colors.ts';
import { visible } from '../io/escape.ts';
import { cellReader } from './cells.ts';
import type { Format, FormatOptions } from './format.ts';

/** The text only, or the fields asked for, separated by tabs. Escaped on a terminal only. */
export function cat(options: FormatOptions): Format {
  const readers = options.fields?.map((name) => cellReader(name, options));
  const shown = (text: string): string => (options.terminal ? visible(text) : text);
  return {
    gap: '--\n',
    row(message) {
      const text = readers ? readers.map((read) => read(message) ?? '').join('\t') : message.message;
      return `${options.color ? paint(visible(text), message.severity) : shown(text)}\n`;
    },
  };
}
