import { countOf, formatCount } from '../../base/text.ts';
import { formatBytes } from '../../base/units.ts';
import type { Stats } from '../../ask/contract.ts';
import { table } from './table.ts';

/** The answer of `stats` for people. Ends with a line feed. */
export function statsText(stats: Stats): string {
  const sections = [headText(stats), storeText(stats), listenersText(stats), countersText(stats)];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function headText({ version, running, startedAt, data, spool }: Stats): string {
  const since = startedAt === undefined ? '' : ` since ${new Date(startedAt).toISOString()}`;
  const waiting = spool.waitingBytes > 0 ? `, ${formatBytes(spool.waitingBytes)} not stored yet` : '';
  return [
    `server   ${running ? `cordwood ${version}, running${since}` : `not running; read by cordwood ${version}`}`,
    `data     ${data}`,
    `spool    ${formatBytes(spool.bytes)} of at most ${formatBytes(spool.limit)} in ${countOf(spool.segments, 'segment')}${waiting}`,
  ].join('\n');
}

function storeText({ store }: Stats): string {
  const { days, kind, damaged, away } = store;
  if (away !== undefined) return `store    ${away}; meanwhile the spool keeps what arrives`;
  const rows = days.map((day) => [day.day, day.stream, ...sizes(day.messages, day.rawBytes, day.storedBytes)]);
  const sum = (key: 'messages' | 'rawBytes' | 'storedBytes'): number =>
    days.reduce((total, day) => total + day[key], 0);
  const total = ['total', '', ...sizes(sum('messages'), sum('rawBytes'), sum('storedBytes'))];
  const damage = damaged > 0 ? [`${countOf(damaged, 'damaged piece')} left out: see the server's log`] : [];
  if (rows.length === 0) return [`store    ${kind}: nothing is stored yet`, ...damage].join('\n');
  const heads = ['day (UTC)', 'stream', 'messages', 'received', 'stored', 'per message'];
  return [`store    ${kind}`, table([heads, ...rows, total], 'llr'), ...damage].join('\n');
}

/** Below this many messages, bytes for each say nothing. */
const FEW = 1000;

function sizes(messages: number, raw: number, stored: number): string[] {
  // The files of a day take room before the first message: with few messages, that would be the answer.
  const each = messages < FEW ? '-' : `${(stored / messages).toFixed(1)} B`;
  return [formatCount(messages), formatBytes(raw), formatBytes(stored), each];
}

function listenersText({ listeners }: Stats): string {
  if (listeners.length === 0) return '';
  const rows = listeners.map(({ name, kind, address, receiveBuffer, kernelDrops }) => [
    name,
    kind,
    address,
    receiveBuffer === undefined ? '-' : formatBytes(receiveBuffer),
    kernelDrops === undefined ? '-' : formatCount(kernelDrops),
  ]);
  const heads = ['listener', 'kind', 'address', 'receive buffer', 'dropped by the kernel'];
  const ends = listeners.flatMap(({ name, certificateExpires: end }) =>
    end === undefined ? [] : `the certificate of ${name} is valid until ${new Date(end).toISOString().slice(0, 10)}`,
  );
  return [table([heads, ...rows], 'lllr'), ...ends].join('\n');
}

function countersText({ counters }: Stats): string {
  const counted = Object.entries(counters).filter(([, value]) => value !== 0);
  if (counted.length === 0) return '';
  const rows = counted.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, formatCount(value)]);
  return table([['counter', 'value'], ...rows], 'lr');
}
