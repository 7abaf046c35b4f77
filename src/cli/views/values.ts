import type { Scope } from '../../ask/contract.ts';
import { valueText } from '../../model/fields.ts';
import type { Group } from '../../model/query.ts';
import { askAll, exitOf } from '../io/ask.ts';
import type { Context } from '../args/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { usageError } from '../exit.ts';
import { csvLine } from '../formats/csv.ts';
import { fieldList } from '../args/scope.ts';

/** More values than one asks to see; the server's own bound is the same. */
export const ALL_VALUES = 100_000;

/** Which values: of one field or several, of which messages, and how many. */
export type Values = { readonly scope: Scope; readonly field: string; readonly flag: string; readonly limit: number };

/** Shows the values of fields with their counts, the commonest first. @returns the exit code */
export async function showValues(context: Context, { scope, field, flag, limit }: Values): Promise<number> {
  const { args, output } = context;
  const fields = await fieldList(field, flag);
  const { rows, end } = await askAll(context, 'top', { ...scope, fields, limit });
  await output.write(writeGroups(rows, fields, args.text('output') ?? 'text', output.isTerminal));
  if (end.limited) context.note(`showing the commonest ${rows.length} of more; -n all shows all`);
  return exitOf(args, rows.length > 0, end);
}

function writeGroups(groups: readonly Group[], fields: readonly string[], format: string, isTerminal: boolean): string {
  if (format === 'json') return groups.map((group) => groupJson(group, fields)).join('');
  const absent = format === 'csv' ? '' : '-';
  const texts = groups.map(({ values, count }) => [
    String(count),
    ...values.map((value, index) => groupText(fields[index]!, value, absent)),
  ]);
  // Programs take a cell as it came; people get nothing that acts on their terminal.
  const shown = format === 'csv' && !isTerminal ? texts : texts.map((cells) => cells.map(visible));
  return format === 'csv' ? [['count', ...fields], ...shown].map(csvLine).join('') : table(shown);
}

/** A value of a group for people; `absent` stands for one that messages lack. */
export function groupText(field: string, value: string | number | null, absent = '-'): string {
  return value === null ? absent : valueText(field, value);
}

function groupJson({ values, count }: Group, fields: readonly string[]): string {
  const named = fields.map((field, index) => [field, values[index] ?? null]);
  return `${visibleJson(JSON.stringify({ ...Object.fromEntries(named), count }))}\n`;
}

/** Rows with numbers to the right in the first column and texts to the left in the others. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, cells) => Math.max(most, cells[column]!.length), 0),
  );
  return rows
    .map((cells) => {
      const padded = cells.map((cell, column) =>
        column === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[column]!),
      );
      return `${padded.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** A limit of `-n`. @throws CordwoodError ERR_USAGE */
export function limitOf(text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  if (text === 'all') return ALL_VALUES;
  if (/^[1-9]\d{0,5}$/.test(text)) return Math.min(Number(text), ALL_VALUES);
  throw usageError(`cannot read -n ${text}: it takes a number from 1 up, or all`);
}
