import type { Account, Gap, ListenerAccount } from '../../account/contract.ts';
import { countOf, formatCount } from '../../base/text.ts';
import type { ZoneName } from '../args/zone.ts';
import { gapLine } from './gap-line.ts';
import { stampsIn } from './stamps.ts';
import { table } from './table.ts';

export type AccountTextOptions = {
  readonly zone: ZoneName;
  /** Hosts to show at most. */
  readonly hosts: number;
  /** Where messages may be missing within the window. */
  readonly gaps: readonly Gap[];
};

const COLUMNS = [
  ['received', 'received'],
  ['stored', 'stored'],
  ['dropped', 'by a rule'],
  ['limited', 'by a limit'],
  ['dead', 'dead letters'],
  ['waiting', 'in the spool'],
  ['lost', 'lost'],
] as const;

/** An account for people: its tables, and whether it balances. Ends with a line feed. */
export function accountText(account: Account, { zone, hosts, gaps }: AccountTextOptions): string {
  const sections = [
    windowText(account, zone),
    listenersText(account),
    reasonsText(account),
    stagesText(account),
    relaysText(account),
  ];
  const verdicts = [verdict(account), unheardText(gaps, zone), comparedText(account)];
  return `${[...sections, hostsText(account, hosts), ...verdicts].filter(Boolean).join('\n\n')}\n`;
}

function windowText({ since, until }: Account, zone: ZoneName): string {
  const { seconds } = stampsIn(zone);
  return since <= 0 ? `up to ${seconds(until)}` : `from ${seconds(since)} to ${seconds(until)}`;
}

function listenersText({ listeners, total }: Account): string {
  if (listeners.length === 0) return 'nothing was received';
  const several = new Set(listeners.map(({ node }) => node)).size > 1;
  const verified = listeners.some(({ found }) => found !== undefined);
  const readBack = listeners.some((row) => row.readBack !== undefined);
  const rows = listeners
    .toSorted((a, b) => a.node - b.node || (a.name < b.name ? -1 : 1))
    .map((row) => [
      several ? `${row.name} of node ${row.node}` : row.name,
      ...COLUMNS.map(([key]) => formatCount(row[key])),
      formatCount(row.kernel),
      formatCount(row.refused),
      ...(verified ? [formatCount(row.found ?? 0)] : []),
      ...(readBack ? [formatCount(row.readBack ?? 0)] : []),
    ]);
  const checks = [...(verified ? ['found'] : []), ...(readBack ? ['being read back'] : [])];
  const heads = ['listener', ...COLUMNS.map(([, head]) => head), '| kernel', 'refused', ...checks];
  const sum = (of: (row: ListenerAccount) => number): number => listeners.reduce((all, row) => all + of(row), 0);
  const totals = [
    'total',
    ...COLUMNS.map(([key]) => formatCount(total[key])),
    formatCount(sum((row) => row.kernel)),
    formatCount(sum((row) => row.refused)),
    // Two receivers may have listeners of the same name. `found` is counted by name, so its sum would count twice.
    ...checks.map(() => ''),
  ];
  return table([heads, ...rows, totals], 'lr');
}

/** Why messages were lost, limited or not received, and how many have a guessed end. */
function reasonsText({ listeners }: Account): string {
  const rows = listeners.flatMap(({ name, reasons, misframed }) => [
    ...Object.entries(reasons).map(([reason, count]) => [`dropped.${reason}`, name, formatCount(count)]),
    ...(misframed === undefined ? [] : [['received.misframed', name, formatCount(misframed)]]),
  ]);
  return rows.length === 0 ? '' : table([['reason', 'listener', 'messages'], ...rows], 'llr');
}

function stagesText({ stages }: Account): string {
  if (stages.length === 0) return '';
  return table([['rule', 'dropped'], ...stages.map(({ name, dropped }) => [name, formatCount(dropped)])], 'lr');
}

/** Servers that forward here: what they count as sent, and what is here of it. */
function relaysText({ relays }: Account): string {
  if (!relays) return '';
  const rows = relays.map(({ relay, from, sent, taken, again, missing }) => [
    relay,
    from.slice(from.indexOf('/') + 1),
    ...[sent, taken, again, missing].map((count) => (count === undefined ? '-' : formatCount(count))),
  ]);
  return table([['relay', 'forward', 'sent (ever)', 'taken here', 'again', 'missing'], ...rows], 'llr');
}

function hostsText({ hosts }: Account, limit: number): string {
  if (hosts.length === 0) return '';
  const rows = hosts
    .slice(0, limit)
    .map(({ name, stored, dropped, dead, waiting }) => [
      name === '' ? '-' : name,
      ...[stored, dropped, dead, waiting].map(formatCount),
    ]);
  const left = hosts.length - limit;
  const more = left > 0 ? `\n… and ${countOf(left, 'more host')}; -n all shows all of them` : '';
  return table([['host', 'stored', 'by a rule', 'dead letters', 'in the spool'], ...rows], 'lr') + more;
}

function verdict({ total, faults, listeners }: Account): string {
  if (faults.length > 0) return ['the account does not balance:', ...faults.map((fault) => `  ${fault}`)].join('\n');
  const kernel = listeners.reduce((sum, row) => sum + row.kernel, 0);
  const missing = [
    total.lost > 0 && `${formatCount(total.lost)} were lost`,
    kernel > 0 && `${formatCount(kernel)} more were dropped by the kernel`,
  ].filter((text) => text !== false);
  const but = missing.length > 0 ? `, but ${missing.join(', and ')}` : '';
  return `the account balances: every received message is accounted for${but}`;
}

/** When nothing listened: an account balances then, too, of the little that was received before and after. */
function unheardText(gaps: readonly Gap[], zone: ZoneName): string {
  const line = gapLine(zone);
  const unheard = gaps
    .filter(({ reason }) => reason === 'outage' || reason === 'clock')
    .map((gap) => {
      const who = gap.node === undefined ? 'nothing listened' : `receiver ${gap.node} did not listen`;
      return `${who} from ${line(gap)}`;
    });
  return unheard.length === 0 ? '' : [...unheard, 'what was sent then is in no count'].join('\n');
}

function comparedText({ comparedSince }: Account): string {
  if (comparedSince === undefined) return '';
  const day = new Date(comparedSince).toISOString().slice(0, 10);
  return `the days before ${day} (UTC) were not compared with the store: retention has removed messages of them`;
}
