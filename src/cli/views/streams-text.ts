import { formatCount } from '../../base/text.ts';
import { formatBytes, formatDuration } from '../../base/units.ts';
import type { StreamRow, StreamsReport } from '../../ask/contract.ts';
import { table } from './table.ts';

const HEADS = ['stream', 'importance', 'kept', 'at most', 'since', 'messages', 'bytes', 'per day'];
const REMOVED = { keep: 'past its keep', max_size: 'over its max_size', max_disk: 'over max_disk' } as const;

/** The answer of `streams` for people. Ends with a line feed. */
export function streamsText(report: StreamsReport): string {
  const streams = table([HEADS, ...report.streams.map(cells)], 'lllllr');
  const notes = [...report.streams.flatMap(streamNotes), ...totals(report)];
  return `${streams}\n\n${notes.join('\n')}\n`;
}

function cells(row: StreamRow): string[] {
  const { name, importance, keep, maxSize, first, messages, bytes, growth, configured } = row;
  const kept = keep === undefined ? 'forever' : formatDuration(keep);
  return [
    name,
    importance,
    configured ? kept : 'forever (not configured)',
    maxSize === undefined ? '-' : formatBytes(maxSize),
    first ?? '-',
    formatCount(messages),
    formatBytes(bytes),
    growth === undefined ? '-' : formatBytes(growth),
  ];
}

function streamNotes({ name, next, taken }: StreamRow): string[] {
  return [
    ...(taken ? [`${name}: what arrived before ${minute(taken.until)} was removed: ${REMOVED[taken.why]}`] : []),
    ...(next ? [`${name}: ${next.day} expires at ${minute(next.at)} (${formatBytes(next.bytes)})`] : []),
  ];
}

function totals({ bytes, growth, maxDisk, keepFree, disk, full, holds }: StreamsReport): string[] {
  const kept =
    keepFree === undefined ? '' : ` (the default of max_disk; ${formatBytes(keepFree)} of the disk stay free)`;
  const limit = maxDisk === undefined ? '' : ` of at most ${formatBytes(maxDisk)}${kept}`;
  const more = growth === undefined ? '' : `, growing by ${formatBytes(growth)} a day`;
  const free = disk === undefined ? '' : `; ${formatBytes(disk.free)} of ${formatBytes(disk.size)} free on the disk`;
  return [
    `all streams: ${formatBytes(bytes)}${limit}${more}${free}`,
    ...forecast(full, growth),
    ...(holds > 0 ? [`holds: ${formatCount(holds)}; cordwood hold list shows them`] : []),
  ];
}

function forecast(full: StreamsReport['full'], growth: number | undefined): string[] {
  if (!full && growth === undefined) return ['growth is known one hour after the first message'];
  if (!full) return ['at this rate, there is room for the next three years'];
  const when = minute(full.at).slice(0, 10);
  return full.of === 'max_disk'
    ? [`at this rate, max_disk is reached on ${when}: then the least important stream loses its oldest messages`]
    : [`at this rate, the disk is full on ${when}: set max_disk, or keep less`];
}

/** `2026-11-22 16:20 UTC`. */
function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
