import { visible } from '../io/escape.ts';
import { cellReader } from './cells.ts';
import type { Format, FormatOptions } from './format.ts';

const DEFAULT_FIELDS = ['received_at', 'timestamp', 'hostname', 'appname', 'procid', 'facility', 'severity', 'message'];

/** RFC 4180 with a header. A cell that a spreadsheet would read as a formula gets a `'` before it. */
export function csv(options: FormatOptions): Format {
  const fields = options.fields ?? DEFAULT_FIELDS;
  const readers = fields.map((name) => cellReader(name, options));
  const shown = (text: string): string => (options.terminal ? visible(text) : text);
  return {
    head: csvLine(fields),
    row: (message) => csvLine(readers.map((read) => shown(read(message) ?? ''))),
  };
}

/** Cells as a line of CSV, formulas made harmless; lines end with CR LF (RFC 4180 §2). */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
