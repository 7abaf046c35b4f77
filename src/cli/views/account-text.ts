import type { Account, ListenerAccount } from '../../account/contract.ts';
import { stampsIn } from './stamps.ts';
import type { ZoneName } from '../args/zone.ts';

export type AccountTextOptions = { readonly zone: ZoneName /** Hosts at most. */; readonly hosts: number };

const COLUMNS = [
  ['received', 'received'],
  ['stored', 'stored'],
  ['dropped', 'by a rule'],
  ['limited', 'by a limit'],
  ['dead', 'dead letters'],
  ['waiting', 'in the spool'],
  ['lost', 'lost'],
] as const;

/** An account for people: its tables, and whether it balances. Ends with a line end. */
export function accountText(account: Account, { zone, hosts }: AccountTextOptions): string {
  const sections = [windowOf(account, zone), listenersOf(account), reasonsOf(account), stagesOf(account)];
  return `${[...sections, hostsOf(account, hosts), verdictOf(account)].filter(Boolean).join('\n\n')}\n`;
}

function windowOf({ since, until }: Account, zone: ZoneName): string {
  const stamps = stampsIn(zone);
  const stamp = (ms: number): string => stamps.iso(ms).slice(0, 19).replace('T', ' ');
  return since <= 0 ? `up to ${stamp(until)}` : `from ${stamp(since)} to ${stamp(until)}`;
}

function listenersOf({ listeners, total }: Account): string {
  if (listeners.length === 0) return 'nothing was received';
  const several = new Set(listeners.map(({ node }) => node)).size > 1;
  const verified = listeners.some(({ found }) => found !== undefined);
  const sum = (of: (row: ListenerAccount) => number): number => listeners.reduce((all, row) => all + of(row), 0);
  const beside = (row: { kernel: number; refused: number; found?: number | undefined }): string[] => [
    number(row.kernel),
    number(row.refused),
    ...(verified ? [number(row.found ?? 0)] : []),
  ];
  const rows = listeners
    .toSorted((a, b) => a.node - b.node || (a.name < b.name ? -1 : 1))
    .map((row) => [
      several ? `${row.name} of ${row.node}` : row.name,
      ...COLUMNS.map(([key]) => number(row[key])),
      ...beside(row),
    ]);
  const heads = ['listener', ...COLUMNS.map(([, head]) => head), '| kernel', 'refused', ...(verified ? ['found'] : [])];
  // Two receivers may have listeners of one name: what the store shows of it is told of each, and summed up by none.
  const last = beside({ kernel: sum((row) => row.kernel), refused: sum((row) => row.refused) });
  const totals = [
    'total',
    ...COLUMNS.map(([key]) => number(total[key])),
    ...last.slice(0, 2),
    ...(verified ? [''] : []),
  ];
  return table([heads, ...rows, totals]);
}

/** Why messages were lost, limited or not received. */
function reasonsOf({ listeners }: Account): string {
  const rows = listeners.flatMap(({ name, reasons }) =>
    Object.entries(reasons).map(([reason, count]) => [`dropped.${reason}`, name, number(count)]),
  );
  return rows.length === 0 ? '' : table([['reason', 'listener', 'messages'], ...rows], 2);
}

function stagesOf({ stages }: Account): string {
  if (stages.length === 0) return '';
  return table([['rule', 'dropped'], ...stages.map(({ name, dropped }) => [name, number(dropped)])]);
}

function hostsOf({ hosts }: Account, limit: number): string {
  if (hosts.length === 0) return '';
  const rows = hosts
    .slice(0, limit)
    .map(({ name, stored, dropped, dead, waiting }) => [
      name === '' ? '-' : name,
      ...[stored, dropped, dead, waiting].map(number),
    ]);
  const left = hosts.length - limit;
  const more = left > 0 ? `\n… and ${number(left)} more ${left === 1 ? 'host' : 'hosts'}; -n all shows all` : '';
  return table([['host', 'stored', 'by a rule', 'dead letters', 'in the spool'], ...rows]) + more;
}

function verdictOf({ total, faults, listeners }: Account): string {
  if (faults.length > 0) return ['it does not balance:', ...faults.map((fault) => `  ${fault}`)].join('\n');
  const kernel = listeners.reduce((sum, row) => sum + row.kernel, 0);
  const missing = [
    total.lost > 0 && `${number(total.lost)} were lost`,
    kernel > 0 && `${number(kernel)} more were dropped by the kernel`,
  ].filter((text) => text !== false);
  const but = missing.length > 0 ? `, but ${missing.join(', and ')}` : '';
  return `it balances: everything that was received is accounted for${but}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

/** The first `texts` columns to the left, the others to the right. */
function table(rows: readonly (readonly string[])[], texts = 1): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const cell = (text: string, column: number): string =>
    column < texts ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return rows.map((cells) => cells.map(cell).join('  ').trimEnd()).join('\n');
}
