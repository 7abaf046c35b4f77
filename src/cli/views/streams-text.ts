import { formatBytes, formatDuration } from '../../base/units.ts';
import type { StreamRow, StreamsReport } from '../../ask/contract.ts';
import { columns } from './stats-text.ts';

const HEADS = ['stream', 'importance', 'kept', 'at most', 'since', 'messages', 'bytes', 'a day'];
const GONE = { keep: 'past its keep', max_size: 'for its max_size', max_disk: 'for max_disk' } as const;

/** The answer of `streams` for people; ends with a line end. */
export function streamsText(report: StreamsReport): string {
  const table = columns([HEADS, ...report.streams.map(cells)], 5);
  const notes = [...report.streams.flatMap(streamNotes), ...totals(report)];
  return `${table}\n\n${notes.join('\n')}\n`;
}

function cells(row: StreamRow): string[] {
  const { name, importance, keep, maxSize, first, messages, bytes, growth, configured } = row;
  const kept = keep === undefined ? 'for ever' : formatDuration(keep);
  return [
    name,
    importance,
    configured ? kept : 'for ever, not configured',
    maxSize === undefined ? '-' : formatBytes(maxSize),
    first ?? '-',
    messages.toLocaleString('en'),
    formatBytes(bytes),
    growth === undefined ? '-' : formatBytes(growth),
  ];
}

function streamNotes({ name, next, taken }: StreamRow): string[] {
  return [
    ...(taken ? [`${name}: what arrived before ${minute(taken.until)} is gone, ${GONE[taken.why]}`] : []),
    ...(next ? [`${name}: ${next.day} expires at ${minute(next.at)} (${formatBytes(next.bytes)})`] : []),
  ];
}

function totals({ bytes, growth, maxDisk, disk, full, holds }: StreamsReport): string[] {
  const limit = maxDisk === undefined ? '' : ` of at most ${formatBytes(maxDisk)}`;
  const free = disk === undefined ? '' : `; the disk has ${formatBytes(disk.free)} left of ${formatBytes(disk.size)}`;
  return [
    `all streams: ${formatBytes(bytes)}${limit}${growth === undefined ? '' : `, ${formatBytes(growth)} more a day`}${free}`,
    ...forecast(full, growth),
    ...(holds > 0 ? [`holds: ${holds}, see cordwood hold list`] : []),
  ];
}

function forecast(full: StreamsReport['full'], growth: number | undefined): string[] {
  if (!full && growth === undefined) return ['how it grows can be told an hour after the first message'];
  if (!full) return ['as it grows, it fits for the next three years'];
  const when = minute(full.at).slice(0, 10);
  return full.of === 'max_disk'
    ? [`as it grows, max_disk is reached on ${when}: then the least important stream loses its oldest`]
    : [`as it grows, the disk is full on ${when}: set max_disk, or keep less`];
}

/** `2026-11-22 16:20 UTC`. */
function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
