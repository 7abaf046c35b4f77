import type { NodeRow } from '../../ask/contract.ts';
import { countOf, formatCount } from '../../base/text.ts';
import { formatDuration, MINUTE } from '../../base/units.ts';
import { AWAY_MS, type RelayReport } from '../../cluster/contract.ts';
import { visible } from '../io/escape.ts';
import { table } from './table.ts';

const HEADS = ['relay', 'forward', 'host', 'state', 'heard', 'behind', 'waiting', 'sent', 'taken', 'again', 'missing'];

/** The servers that forward to these nodes, for people; empty if none does. */
export function relaysText(nodes: readonly NodeRow[], now: number): string {
  const several = nodes.length > 1;
  const rows = nodes.flatMap(({ node, relays = [] }) =>
    relays.map((relay) => [...cellsOf(relay, now), ...(several ? [String(node)] : [])]),
  );
  if (rows.length === 0) return '';
  const lines = nodes.flatMap(({ relays = [] }) => relays.flatMap(failuresOf));
  return [table([[...HEADS, ...(several ? ['to node'] : [])], ...rows], 'llllrrrrrrr'), ...lines, ''].join('\n');
}

function cellsOf(report: RelayReport, now: number): string[] {
  const { relay, from, host, heardAt, behind, waiting, sent, taken, again, missing } = report;
  const count = (value: number | undefined): string => (value === undefined ? '-' : formatCount(value));
  return [
    ...[relay, nameOf(from), host ?? '-', stateOf(report, now)],
    `${formatDuration(Math.max(0, now - heardAt))} ago`,
    behind === undefined ? '-' : formatDuration(behind),
    ...[waiting, sent, taken, again, missing].map(count),
  ];
}

/** What it did not pass on, or not whole, since the forward first began there; no line if that is nothing. */
function failuresOf({ relay, from, lost = 0, cut = 0, dead = 0 }: RelayReport): string[] {
  const parts = [
    ...(lost > 0 ? [`${countOf(lost, 'message')} deleted by retention before`] : []),
    ...(cut > 0 ? [`${formatCount(cut)} cut`] : []),
    ...(dead > 0 ? [`${formatCount(dead)} refused here and kept there as dead letters`] : []),
  ];
  if (parts.length === 0) return [];
  return [visible(`${relay} as ${nameOf(from)}: ${parts.join(', ')}`)];
}

function nameOf(from: string): string {
  return from.slice(from.indexOf('/') + 1);
}

/** What is worth knowing of it, the worst first. */
function stateOf({ beatAt, lead = 0, setBackAt }: RelayReport, now: number): string {
  if (beatAt === undefined) return 'no report yet';
  if (now - beatAt > AWAY_MS) return 'away';
  if (setBackAt !== undefined) return `set back ${formatDuration(Math.max(0, now - setBackAt))} ago`;
  if (Math.abs(lead) > MINUTE) return `clock ${formatDuration(Math.abs(lead))} ${lead > 0 ? 'ahead' : 'behind'}`;
  return 'ok';
}
