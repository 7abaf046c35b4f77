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
  let line = '';
  for (const [at, text] of cells.entries()) line += at === 0 ? cell(text) : `,${cell(text)}`;
  return `${line}\r\n`;
}

/** What begins a formula, also in the wide forms that a spreadsheet takes for the same. */
const FORMULA = '[=+\\-@\uff1d\uff0b\uff0d\uff20]';
const AT_START = new RegExp(`^(?:[\\t\\r\\n]|[\\s"]*${FORMULA})`);
/** A spreadsheet that separates cells by something else than commas begins one in the middle of ours. */
const AFTER_SEPARATOR = new RegExp(`([;\\t|\\r\\n]"*)(?=${FORMULA})`, 'g');

/** Nearly all short cells: nothing in them begins a formula or must be quoted. */
const PLAIN = /^(?:\w[^",;|\t\r\n]*)?$/;

function cell(text: string): string {
  if (PLAIN.test(text)) return text;
  const inside = text.replace(AFTER_SEPARATOR, "$1'");
  const harmless = AT_START.test(text) ? `'${inside}` : inside;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
