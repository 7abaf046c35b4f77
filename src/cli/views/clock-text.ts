import type { Questions } from '../../ask/contract.ts';
import { formatDuration, MINUTE, SECOND } from '../../base/units.ts';
import { table } from './table.ts';

type Row = Questions['clocks']['row'];
/** A zone that was set or unset. */
export type ZoneChange = Extract<Row, { before: string }>;
/** What is known about the clock of a host. */
export type HostClock = Exclude<Row, ZoneChange>;

/** Clocks of hosts as a table. Ends with a line feed. */
export function clocksText(clocks: readonly HostClock[]): string {
  const rows = clocks.map((clock) => [
    offText(clock.skew),
    clock.host,
    clock.stamps === 'bare' ? 'no zone' : clock.zone,
    clock.stamps === 'bare' ? `${clock.zone}${clock.set ? ' (set)' : ''}` : '-',
    findingText(clock),
  ]);
  return `${table([['off by', 'host', 'timestamps have', 'read in', 'finding'], ...rows], 'rl')}\n`;
}

function findingText({ state, cause, likely, others = [], left = 0, skew = 0 }: HostClock): string {
  switch (state) {
    case 'ok':
      return 'right';
    case 'unseen':
      return 'no timestamp seen yet';
    case 'unsettled':
      return 'behind, or its messages arrive late: check again in a few minutes';
    case 'off':
  }
  switch (cause) {
    case 'zone': {
      const alternatives = others.length > 0 ? ` (or ${others.join(', ')})` : '';
      const rest = Math.abs(left) < SECOND ? 'right' : offText(left);
      return `looks like ${likely}${alternatives}; with --apply it is ${rest}`;
    }
    case 'offset':
      return 'sends a wrong UTC offset: correct the time zone on the host';
    default:
      return skew > 0
        ? 'the clock is wrong: synchronise it by NTP on the host'
        : 'the clock is wrong, unless its messages always arrive late: synchronise it by NTP on the host';
  }
}

/** How far a clock is off: `2h ahead`, `3m behind`, `nothing`; timestamps of RFC 3164 have no milliseconds. */
export function offText(skew: number | undefined): string {
  if (skew === undefined) return '-';
  const size = Math.abs(skew);
  if (size < SECOND) return 'nothing';
  const step = size < 10 * MINUTE ? SECOND : MINUTE;
  return `${formatDuration(Math.round(size / step) * step)} ${skew > 0 ? 'ahead' : 'behind'}`;
}

/** One line about a zone that was set or unset. */
export function zoneChangeText({ host, before, zone }: ZoneChange, action: 'set' | 'unset'): string {
  return action === 'unset'
    ? `${host}: zone no longer set; its timestamps are read in ${zone} again, not in ${before}`
    : `${host}: timestamps are read in ${zone} from now on, not in ${before}`;
}
