import type { Scope } from '../../ask/contract.ts';
import type { Group } from '../../model/query.ts';
import { askAll, exitOf } from './ask.ts';
import type { Context } from './command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { csvLine } from '../formats/csv.ts';
import { fieldList } from '../args/scope.ts';
import { groupText } from '../views/group-text.ts';
import { table } from '../views/table.ts';

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

function groupJson({ values, count }: Group, fields: readonly string[]): string {
  const named = fields.map((field, index) => [field, values[index] ?? null]);
  return `${visibleJson(JSON.stringify({ ...Object.fromEntries(named), count }))}\n`;
}
