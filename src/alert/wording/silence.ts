import { formatDuration, MINUTE } from '../../base/units.ts';
import type { SilentHost } from '../../hosts/contract.ts';
import type { Notice } from '../notices/notice.ts';
import { cut, list, shellQuoted, timeOf, type Wording } from './words.ts';

/** Hosts that a subject names, and hosts that a mail lists. */
const MAX_NAMED = 3;
const MAX_LINES = 100;
const NEVER = 'expected, but has never sent a message';

/** `[SILENT] db3: no message for 42m (usually every 1m)`. */
export function silenceWording(notice: Notice, silent: readonly SilentHost[]): Wording {
  const names = list(
    silent.map(({ host }) => host),
    MAX_NAMED,
    ',',
  );
  const [first] = silent;
  const isOver = notice.kind === 'resolved';
  const what = isOver ? 'sends again' : silenceOf(first, notice.at);
  const lines = silent.map(
    ({ host, last }) => `${host}: ${last === undefined ? NEVER : `last message ${timeOf(last, notice)}`}`,
  );
  const retire = `cordwood hosts retire ${shellQuoted(first?.host ?? '')}`;
  return {
    subject: cut(`[${isOver ? 'OK' : 'SILENT'}] ${names}: ${what}`),
    headline: `${isOver ? 'OK' : 'SILENT'} - ${names}: ${what}`,
    reasons: lines.slice(0, MAX_LINES).concat(lines.length > MAX_LINES ? [`and ${lines.length - MAX_LINES} more`] : []),
    doubts: [],
    commands: [
      { what: 'See which hosts are silent', command: 'cordwood hosts --silent' },
      ...(isOver ? [] : [{ what: 'Stop expecting a host that is gone', command: retire }]),
    ],
  };
}

function silenceOf(host: SilentHost | undefined, now: number): string {
  if (host?.last === undefined) return NEVER;
  const usual = host.usual === undefined ? '' : ` (usually every ${formatDuration(Math.max(MINUTE, host.usual))})`;
  return `no message for ${formatDuration(now - host.last)}${usual}`;
}
