import { formatBytes } from '../../base/units.ts';
import type { Stats } from '../../ask/contract.ts';

/** The answer of `stats` for people; ends with a line end. */
export function statsText(stats: Stats): string {
  const sections = [headOf(stats), storeOf(stats), listenersOf(stats), countersOf(stats)];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function headOf({ version, running, startedAt, data, spool }: Stats): string {
  const since = startedAt === undefined ? '' : ` since ${new Date(startedAt).toISOString()}`;
  const waiting = spool.waitingBytes > 0 ? `, ${formatBytes(spool.waitingBytes)} not stored yet` : '';
  return [
    `server   ${running ? `cordwood ${version}, running${since}` : `none runs; read by cordwood ${version}`}`,
    `data     ${data}`,
    `spool    ${formatBytes(spool.bytes)} of at most ${formatBytes(spool.limit)} in ${countOf(spool.segments, 'segment')}${waiting}`,
  ].join('\n');
}

function storeOf({ store }: Stats): string {
  const { days, kind, damaged, away } = store;
  if (away !== undefined) return `store    ${away}; the spool keeps what comes in`;
  const rows = days.map((day) => [day.day, day.stream, ...numbers(day.messages, day.rawBytes, day.storedBytes)]);
  const sum = (key: 'messages' | 'rawBytes' | 'storedBytes'): number =>
    days.reduce((total, day) => total + day[key], 0);
  const total = ['total', '', ...numbers(sum('messages'), sum('rawBytes'), sum('storedBytes'))];
  const damage = damaged > 0 ? [`${countOf(damaged, 'damaged piece')} left out: see the server's log`] : [];
  if (rows.length === 0) return [`store    ${kind}: nothing is stored yet`, ...damage].join('\n');
  const heads = ['day (UTC)', 'stream', 'messages', 'received', 'stored', 'a message'];
  return [`store    ${kind}`, columns([heads, ...rows, total], 2), ...damage].join('\n');
}

function numbers(messages: number, raw: number, stored: number): string[] {
  const each = messages === 0 ? '-' : `${(stored / messages).toFixed(1)} B`;
  return [messages.toLocaleString('en'), formatBytes(raw), formatBytes(stored), each];
}

function listenersOf({ listeners }: Stats): string {
  if (listeners.length === 0) return '';
  const rows = listeners.map(({ name, kind, address, receiveBuffer, kernelDrops }) => [
    name,
    kind,
    address,
    receiveBuffer === undefined ? '-' : formatBytes(receiveBuffer),
    kernelDrops === undefined ? '-' : kernelDrops.toLocaleString('en'),
  ]);
  const table = columns([['listener', 'kind', 'address', 'receive buffer', 'dropped by the kernel'], ...rows], 3);
  const ends = listeners.flatMap(({ name, certificateExpires: end }) =>
    end === undefined ? [] : `the certificate of ${name} is good until ${new Date(end).toISOString().slice(0, 10)}`,
  );
  return [table, ...ends].join('\n');
}

function countersOf({ counters }: Stats): string {
  const counted = Object.entries(counters).filter(([, value]) => value !== 0);
  if (counted.length === 0) return '';
  const rows = counted.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, value.toLocaleString('en')]);
  return columns([['counter', 'value'], ...rows], 1);
}

/** Cells in columns, one row of heads first, the first `texts` to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[], texts: number): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column < texts ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return rows.map((cells) => line(cells).trimEnd()).join('\n');
}

function countOf(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
