import { formatFull } from '../../query/index.ts';
import { paint } from '../io/colors.ts';
import { visible } from '../io/escape.ts';
import { type CellReader, cellReader, namesOf } from './cells.ts';
import type { Format, FormatOptions } from './format.ts';
import { missingLine } from './line.ts';

/** The time of arrival and the id, then one line for each field. */
export function verbose(options: FormatOptions): Format {
  const readers = new Map<string, CellReader>();
  const read = (name: string): CellReader => {
    let reader = readers.get(name);
    if (!reader) {
      reader = cellReader(name, options);
      // Senders choose the names of structured data: a hostile one must not fill the memory.
      if (readers.size < 1000) readers.set(name, reader);
    }
    return reader;
  };
  return {
    gap: '--\n',
    missing: missingLine(options),
    row(message) {
      const head = `${formatFull(message.received_at.getTime(), options.zone)} [${message._id}]`;
      const lines = [options.color ? paint(head, message.severity) : head];
      for (const name of options.fields ?? namesOf(message)) {
        const text = read(name)(message);
        if (text !== undefined && (options.fields || name !== '_id')) lines.push(`    ${visible(`${name}=${text}`)}`);
      }
      if (message.raw && !options.fields) lines.push(`    raw=${bytesText(message.raw)}`);
      return `${lines.join('\n')}\n`;
    },
  };
}

/** Bytes for people: everything but printable ASCII is written as `\\x1b`. */
function bytesText(bytes: Uint8Array): string {
  const hex = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^ -~]/g, hex);
}
