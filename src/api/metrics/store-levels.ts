import type { GapReason } from '../../account/contract.ts';
import type { Sample } from './family.ts';
import { type Level, level, one, seconds, tally } from './levels.ts';

/** Every reason of a gap. The compiler refuses a list that lacks one. */
const GAP_REASONS = Object.keys({
  outage: 0,
  spool_full: 0,
  disk_refused: 0,
  kernel: 0,
  limited: 0,
  lost: 0,
  sequence: 0,
  damaged: 0,
  state: 0,
  clock: 0,
  not_forwarded: 0,
} satisfies Record<GapReason, 0>);

/** Levels of which the store is asked. */
export const STORE_LEVELS: readonly Level[] = [
  level('store_messages', { labels: ['stream'], help: 'Messages in the store' }, ({ parts }) =>
    (parts.streams?.streams ?? []).map(({ name, messages }) => [{ stream: name }, messages]),
  ),
  level('store_bytes', { labels: ['stream'], help: 'Bytes that the messages take on disk' }, ({ parts }) =>
    (parts.streams?.streams ?? []).map(({ name, bytes }) => [{ stream: name }, bytes]),
  ),
  level('store_limit_bytes', { help: 'max_disk: most bytes that the store may have; absent if not set' }, ({ parts }) =>
    one(parts.streams?.maxDisk),
  ),
  level('store_damaged_pieces', { help: 'Damaged pieces of the store that searches leave out' }, ({ parts }) =>
    one(parts.streams?.damaged),
  ),
  level(
    'store_full_timestamp_seconds',
    {
      labels: ['limit'],
      help: 'When the store reaches its limit (disk or max_disk) at the present growth; absent if not within years',
    },
    ({ parts }) => {
      const full = parts.streams?.full;
      return full ? [[{ limit: full.of }, seconds(full.at)]] : [];
    },
  ),
  level('disk_size_bytes', { help: 'Size of the file system of the store' }, ({ parts }) =>
    one(parts.streams?.disk?.size),
  ),
  level('disk_free_bytes', { help: 'Free bytes in the file system of the store' }, ({ parts }) =>
    one(parts.streams?.disk?.free),
  ),
  level('holds', { help: 'Holds that keep messages from being deleted' }, ({ parts }) => one(parts.streams?.holds)),
  level(
    'gaps',
    { labels: ['reason'], help: 'Gaps of the last 24 hours: messages are or may be missing' },
    ({ parts }) =>
      parts.gaps ? tally(parts.gaps, { label: 'reason', values: GAP_REASONS, of: ({ reason }) => reason }) : [],
  ),
  level(
    'gap_latest_timestamp_seconds',
    { labels: ['reason'], help: 'When the latest gap of the last 24 hours ended, or now if it has not ended' },
    ({ parts, now }) => {
      const latest = new Map<string, number>();
      for (const { reason, to, open } of parts.gaps ?? [])
        latest.set(reason, Math.max(latest.get(reason) ?? 0, open ? now : Math.min(to, now)));
      return [...latest].map(([reason, at]) => [{ reason }, seconds(at)]);
    },
  ),
  level('nodes', { labels: ['state'], help: 'Receivers that write to this store' }, ({ parts }) =>
    parts.nodes
      ? tally(parts.nodes, { label: 'state', values: ['running', 'silent', 'stopped'], of: ({ state }) => state })
      : [],
  ),
  level(
    'hosts',
    {
      labels: ['state'],
      help: 'Hosts of the ledger: heard, silent, awaited (expected, and has never sent), or retired',
    },
    ({ parts }) => samplesOf('state', parts.hosts?.states),
  ),
  level(
    'clocks_wrong',
    {
      labels: ['cause'],
      help: 'Hosts with wrong timestamps: by the zone assumed, the offset sent, or the clock itself',
    },
    ({ parts }) => samplesOf('cause', parts.hosts?.wrong),
  ),
  level('alert_firing', { labels: ['rule', 'kind'], help: '1 while a rule has an open incident' }, ({ parts }) =>
    (parts.alerts?.rules ?? []).map(({ rule, kind, incident }) => [{ rule, kind }, incident ? 1 : 0]),
  ),
  level(
    'alert_overdue_seconds',
    { help: 'How long the most overdue tick of a rule has waited to be judged; a minute is normal' },
    ({ parts }) => one(parts.alerts && seconds(parts.alerts.overdueMs)),
  ),
  level(
    'notifications_oldest_waiting_seconds',
    { help: 'How long the oldest notice that is due has waited; 0 if none is' },
    ({ parts, now }) => {
      if (!parts.alerts) return [];
      const { since } = parts.alerts.outbox;
      return one(since === undefined ? 0 : seconds(Math.max(0, now - since)));
    },
  ),
];

/** A series for each value of a label. */
function samplesOf(label: string, counts: Readonly<Record<string, number>> = {}): Sample[] {
  return Object.entries(counts).map(([value, count]) => [{ [label]: value }, count]);
}
