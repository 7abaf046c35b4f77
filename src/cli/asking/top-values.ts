import type { Scope } from '../../ask/contract.ts';
import { formatCount } from '../../base/text.ts';
import type { Group } from '../../model/query.ts';
import { fieldList } from '../args/scope.ts';
import { csvLine } from '../formats/csv.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { groupText } from '../views/group-text.ts';
import { table } from '../views/table.ts';
import { askAll, exitOf } from './ask.ts';
import type { Context } from './command.ts';
import { noteNoMatch } from './no-match.ts';

export type TopValuesOptions = {
  readonly scope: Scope;
  /** One field, or several separated by commas. */
  readonly fields: string;
  /** What gave the fields, for errors. */
  readonly flag: string;
  readonly limit: number;
};

/** Shows the most common values of fields with their counts. @returns the exit code */
export async function showTopValues(context: Context, options: TopValuesOptions): Promise<number> {
  const { args, output } = context;
  const { scope, flag, limit } = options;
  const fields = await fieldList(options.fields, flag);
  const { rows, end } = await askAll(context, 'top', { ...scope, fields, limit });
  await output.write(groupsText(rows, fields, args.text('output') ?? 'text', output.isTerminal));
  if (rows.length === 0) await noteNoMatch(context, scope, end);
  if (end.limited) context.note(`showing the ${formatCount(rows.length)} most common values; -n all shows all`);
  return exitOf(args, rows.length > 0, end);
}

function groupsText(groups: readonly Group[], fields: readonly string[], format: string, isTerminal: boolean): string {
  if (format === 'json') return groups.map((group) => groupJson(group, fields)).join('');
  const absent = format === 'csv' ? '' : '-';
  const rows = groups.map(({ values, count }) => [
    String(count),
    ...values.map((value, index) => groupText(fields[index]!, value, absent)),
  ]);
  if (format !== 'csv') return rows.length === 0 ? '' : `${table(rows, 'rl')}\n`;
  // Programs get cells unchanged; on a terminal, nothing in them may act.
  const shown = isTerminal ? rows.map((cells) => cells.map(visible)) : rows;
  return [['count', ...fields], ...shown].map(csvLine).join('');
}

function groupJson({ values, count }: Group, fields: readonly string[]): string {
  const named = fields.map((field, index) => [field, values[index] ?? null]);
  return `${visibleJson(JSON.stringify({ ...Object.fromEntries(named), count }))}\n`;
}
