import { type Counter, type Counters, counter, gauge, labelledNames } from '../../base/counters.ts';
import { refusedHandshakes } from '../../tls/counters.ts';

/** What each listener counts. The last part of a name is the reason for a refusal, close, pause or drop. */
export const COUNTERS = [
  counter('received.frames', 'messages', 'Messages received, including those dropped afterwards'),
  counter('received.bytes', 'bytes', 'Bytes of these messages, including line ends and octet counts'),
  counter('received.counted', 'messages', 'Messages received with an octet count (RFC 6587 §3.4.1)'),
  counter(
    'received.misframed',
    'messages',
    'Messages whose end is a guess, because an octet count was wrong or a NUL may have cut the line; flagged `parse_error`',
  ),
  counter('truncated', 'messages', 'Messages cut at `max_frame`'),
  gauge('connections.open', 'connections', 'Open connections'),
  counter('connections.accepted', 'connections', 'Connections accepted'),
  counter('connections.refused.max_connections', 'connections', 'Refused: `max_connections` was reached'),
  counter('connections.refused.per_address', 'connections', 'Refused: the address had too many connections'),
  counter('connections.refused.no_descriptors', 'connections', 'Refused: the process had no file descriptor left'),
  counter(
    'connections.refused.proxy',
    'connections',
    'Refused: a connection from a network in `proxy` did not begin with a whole PROXY header',
  ),
  counter('connections.refused.gone', 'connections', 'Reset by the peer before they could be accepted'),
  counter(
    'connections.refused.not_allowed',
    'connections',
    "Refused: the listener's `allow` does not contain the address",
  ),
  ...refusedHandshakes('connections.refused.'),
  counter(
    'connections.closed.tls_unused',
    'connections',
    "TLS connections that the client ended before its first byte, as agents do that refuse this server's certificate",
  ),
  counter('connections.closed.never_sent', 'connections', 'Closed to make room: the peer had never sent anything'),
  counter('connections.closed.half_frame', 'connections', 'Closed: a message stayed unfinished for too long'),
  counter(
    'connections.closed.half_frames',
    'connections',
    'Closed: unfinished messages of all connections took too much memory; this one was the oldest',
  ),
  counter(
    'connections.closed.first_byte',
    'connections',
    'Closed: the peer sent nothing for too long after it connected',
  ),
  counter('connections.closed.idle', 'connections', 'Closed: the peer was idle for too long'),
  counter('connections.closed.max_age', 'connections', 'Asked to connect again: the connection had reached `max_age`'),
  counter('connections.closed.error', 'connections', 'Reset by the peer, or broken'),
  counter('connections.closed.spool_failed', 'connections', 'Closed: the disk of the spool refused writes'),
  counter('connections.closed.protocol', 'connections', 'Closed: the peer broke the rules of its protocol'),
  counter('paused.window', 'pauses', 'Pauses in reading: the connection had too many unacknowledged bytes'),
  counter('paused.budget', 'pauses', 'Pauses in reading: all connections together had too many bytes in memory'),
  counter('paused.spool_full', 'pauses', 'Pauses in reading: the spool was full'),
  counter('paused.rate', 'pauses', 'Pauses in reading: the address sent more than `rate` allows'),
  counter('paused.answers', 'pauses', 'Pauses in reading: the peer did not read its acknowledgements'),
  counter('dropped.spool_full', 'messages', 'Dropped: the spool was full'),
  counter('dropped.spool_failed', 'messages', 'Dropped: the disk of the spool refused writes'),
  counter('dropped.window', 'messages', 'Dropped: too many datagrams waited for the spool'),
  counter('dropped.kernel', 'messages', 'Dropped by the kernel: the receive buffer was full'),
  counter('dropped.rate', 'messages', 'Dropped: the address sent more datagrams than `rate` allows'),
  counter(
    'dropped.not_allowed',
    'messages',
    "Dropped: the listener's `allow` does not contain the address; not counted as received",
  ),
  counter('dropped.partial', 'messages', 'Dropped: the connection ended within the message'),
  counter('dropped.empty', 'messages', 'Dropped: the message was empty'),
  counter('dropped.shutdown', 'messages', 'Dropped at shutdown'),
] as const;

/** The same under the names that the server makes for each listener. */
export const LISTENER_COUNTERS = COUNTERS.map(({ name, ...rest }) => ({
  ...rest,
  name: `listen.<listener>.${name}`,
  labels: ['listener'],
}));
export type CounterName = (typeof COUNTERS)[number]['name'];
export type ListenerCounters = Readonly<Record<CounterName, Counter>>;

/** The full names of the counters of one listener. */
export function counterNames(listener: string): string[] {
  return labelledNames(LISTENER_COUNTERS, [listener]);
}

/** The counters of one listener. @throws RangeError if the server did not make them */
export function countersOf(counters: Counters, listener: string): ListenerCounters {
  const entries = COUNTERS.map(({ name }) => [name, counters.counter(`listen.${listener}.${name}`)]);
  return Object.fromEntries(entries) as Record<CounterName, Counter>;
}
