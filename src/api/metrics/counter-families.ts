import type { CounterDeclaration } from '../../base/counters.ts';
import type { Family, Labels } from './family.ts';

/**
 * Which counters make up which family. The name of a counter may hold labels in angle brackets:
 * `<listener>`, `<stage>`, `<thread>` and `<forward>` stand for any name, all others for one word. The first row
 * that fits a counter counts.
 */
const TABLE: readonly (readonly [counters: string, family: string, help?: string])[] = [
  ['listen.<listener>.received.frames', 'received_messages_total'],
  ['listen.<listener>.received.bytes', 'received_bytes_total'],
  ['listen.<listener>.received.counted', 'received_octet_counted_messages_total'],
  ['listen.<listener>.received.misframed', 'misframed_messages_total'],
  ['listen.<listener>.truncated', 'truncated_messages_total'],
  ['listen.<listener>.dropped.<reason>', 'dropped_messages_total', 'Messages dropped before the spool, by reason'],
  ['listen.<listener>.connections.open', 'connections'],
  ['listen.<listener>.connections.accepted', 'connections_accepted_total'],
  ['listen.<listener>.connections.refused.<reason>', 'connections_refused_total', 'Connections refused, by reason'],
  [
    'listen.<listener>.connections.closed.<reason>',
    'connections_closed_total',
    'Connections that the server closed or that broke, by reason',
  ],
  ['listen.<listener>.paused.<reason>', 'reading_paused_total', 'Pauses in reading a connection, by reason'],
  [
    'pipeline.<stage>.<fate>',
    'pipeline_messages_total',
    'Messages that a stage of the pipeline dropped or changed, by fate',
  ],
  ['relay.<fate>', 'relay_messages_total', 'Messages that other servers forwarded here, by fate'],
  ['forward.<forward>.sent', 'forwarded_messages_total'],
  ['forward.<forward>.bytes', 'forwarded_bytes_total'],
  ['forward.<forward>.again', 'forwarded_again_messages_total'],
  ['forward.<forward>.failures', 'forward_failures_total'],
  ['forward.<forward>.cut', 'forward_cut_messages_total'],
  ['forward.<forward>.dead', 'forward_dead_letter_messages_total'],
  ['forward.<forward>.lost', 'forward_lost_messages_total'],
  ['forward.<forward>.connected', 'forward_connected'],
  ['forward.<forward>.waiting', 'forward_waiting_messages'],
  ['forward.<forward>.behind', 'forward_behind_seconds'],
  ['forward.<forward>.down', 'forward_down_seconds'],
  ['forward.<forward>.loss_in', 'forward_loss_in_seconds'],
  ['spool.segments', 'spool_segments'],
  ['spool.bytes', 'spool_bytes'],
  ['spool.waiting', 'spool_waiting_bytes'],
  ['spool.full', 'spool_full'],
  ['spool.failing', 'spool_failing'],
  ['spool.earlier', 'spool_earlier_messages'],
  ['spool.records', 'spool_records_total'],
  ['spool.messages', 'spool_messages_total'],
  ['spool.written', 'spool_written_bytes_total'],
  ['spool.fsyncs', 'spool_fsyncs_total'],
  ['spool.refused', 'spool_refused_records_total'],
  ['spool.failures', 'spool_failures_total'],
  ['spool.damaged_places', 'spool_damaged_places_total'],
  ['spool.damaged_bytes', 'spool_damaged_bytes_total'],
  ['threads.<thread>.memory', 'thread_memory_bytes'],
  ['threads.<thread>.delay', 'thread_delay_seconds'],
  ['threads.<thread>.busy', 'thread_busy_seconds_total'],
  ['writer.messages', 'stored_messages_total'],
  ['writer.batches', 'stored_batches_total'],
  ['writer.not_inflated', 'not_inflated_messages_total'],
  ['writer.retries', 'store_retries_total'],
  ['writer.failing', 'store_failing'],
  ['writer.dead_letters', 'dead_letter_messages_total'],
  ['writer.settled.earlier', 'settled_earlier_messages_total'],
  ['writer.settled.listener.<listener>', 'settled_messages_total'],
  ['store.expired.messages', 'expired_messages_total'],
  ['store.expired.bytes', 'expired_bytes_total'],
  ['alerts.waiting', 'notifications_waiting'],
  ['web.connections.open', 'web_connections'],
  ['web.connections.accepted', 'web_connections_accepted_total'],
  [
    'web.connections.refused.<reason>',
    'web_connections_refused_total',
    'Connections of the web page refused, by reason',
  ],
  ['web.connections.closed.<reason>', 'web_connections_closed_total', 'Connections of the web page closed, by reason'],
  ['web.requests.<outcome>', 'web_requests_total', 'Requests of the web page and its API, by outcome'],
  ['web.logins.<outcome>', 'web_logins_total', 'Logins by password, token or link, by outcome'],
  ['alerts.<outcome>', 'notifications_total', 'Attempts to send a notice to one recipient, by outcome'],
];

/** A family and the counters in it. */
export type CounterFamily = Family & {
  readonly counters: string;
  readonly pattern: RegExp;
  /** What a value of the counter is in the base unit of the family. */
  readonly scale: number;
};

const PREFIX = 'cordwood_';

/** Labels of declarations, whose values may hold dots. */
const NAMES = new Set(['listener', 'stage', 'thread', 'forward']);

/**
 * The families of these counters. The kind comes from the declaration, and so does the help if a
 * family has only one counter. A counter without a row has no family: a test fails then.
 */
export function counterFamilies(declared: readonly CounterDeclaration[]): CounterFamily[] {
  const rows = TABLE.map(([counters, name, help]) => ({ counters, name, help, pattern: patternOf(counters) }));
  const found = Map.groupBy(declared, ({ name }) => rows.find(({ pattern }) => pattern.test(name)));
  return rows.flatMap((row) => {
    const [first] = found.get(row) ?? [];
    if (!first) return [];
    const labels = [...row.counters.matchAll(/<(\w+)>/g)].map(([, label]) => label!);
    const { counters, pattern } = row;
    const scale = first.unit === 'milliseconds' ? 0.001 : 1;
    return {
      name: PREFIX + row.name,
      kind: first.kind,
      help: row.help ?? plain(first.help),
      labels,
      counters,
      pattern,
      scale,
    };
  });
}

/** The series that a counter of a server is, by the counter's name; undefined if no family has it. */
export function seriesOf(counter: string, families: readonly CounterFamily[]): [CounterFamily, Labels] | undefined {
  for (const family of families) {
    const match = family.pattern.exec(counter);
    if (match) return [family, { ...match.groups }];
  }
  return undefined;
}

function patternOf(counters: string): RegExp {
  const source = counters
    .replaceAll('.', '\\.')
    .replace(/<(\w+)>/g, (_, label) => `(?<${label}>${NAMES.has(label) ? '.+' : '\\w+'})`);
  return new RegExp(`^${source}$`);
}

/** Text without the marks of Markdown. */
function plain(help: string): string {
  return help.replaceAll('`', '');
}
