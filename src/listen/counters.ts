import type { Counter, Counters } from '../base/counters.ts';

/** What each listener counts; a name's last part is the reason where something was refused, closed or dropped. */
export const COUNTERS = [
  /** Messages that came, those dropped afterwards included, and their bytes with the LFs and octet counts between them. */
  'received.frames',
  'received.bytes',
  /** Of these messages, those that came with an octet count (RFC 6587 §3.4.1). */
  'received.counted',
  /** Messages cut at `max_frame`. */
  'truncated',
  'connections.open',
  'connections.accepted',
  'connections.refused.max_connections',
  'connections.refused.per_address',
  'connections.refused.no_descriptors',
  /** Reset by the peer before it could be accepted. */
  'connections.refused.gone',
  /** From an address that the listener's `allow` does not hold. */
  'connections.refused.not_allowed',
  /** A handshake that failed: no TLS, too old a version, our certificate refused. */
  'connections.refused.tls_handshake',
  'connections.refused.tls_timeout',
  /** No certificate, an expired one, or none of a CA of ours. */
  'connections.refused.tls_certificate',
  /** A good certificate that `tls.allow` does not name. */
  'connections.refused.tls_name',
  /** Closed to make room: they had never sent anything. */
  'connections.closed.never_sent',
  'connections.closed.half_frame',
  /** Unfinished messages of all connections took too much memory; this one had lasted longest. */
  'connections.closed.half_frames',
  'connections.closed.first_byte',
  'connections.closed.idle',
  /** Reset by the peer, or broken. */
  'connections.closed.error',
  'connections.closed.spool_failed',
  /** It broke the rules of its protocol. */
  'connections.closed.protocol',
  /** Times that reading from a connection stopped: for its own window, for that of all, for the spool, for its answers. */
  'paused.window',
  'paused.budget',
  'paused.spool_full',
  /** Its address sent more than `rate` allows. */
  'paused.rate',
  'paused.answers',
  /** Messages lost, and why. */
  'dropped.spool_full',
  'dropped.spool_failed',
  'dropped.window',
  'dropped.kernel',
  /** Datagrams of an address that sent more than `rate` allows. */
  'dropped.rate',
  /** Datagrams from an address that the listener's `allow` does not hold; not received, therefore. */
  'dropped.not_allowed',
  'dropped.partial',
  'dropped.empty',
  'dropped.shutdown',
] as const;
export type CounterName = (typeof COUNTERS)[number];
export type ListenerCounters = Readonly<Record<CounterName, Counter>>;

/** The counters of one listener. @throws RangeError where the server did not make them */
export function countersOf(counters: Counters, listener: string): ListenerCounters {
  const entries = COUNTERS.map((what) => [what, counters.counter(`listen.${listener}.${what}`)]);
  return Object.fromEntries(entries) as Record<CounterName, Counter>;
}
