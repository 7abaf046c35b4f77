import { type Counter, type Counters, counter, gauge } from '../base/counters.ts';
import { refusedHandshakes } from '../tls/counters.ts';

/** What the web page and its API count. */
export const WEB_COUNTERS = [
  gauge('web.connections.open', 'connections', 'Open connections of the web page and its API'),
  counter('web.connections.accepted', 'connections', 'Connections of the web page accepted'),
  counter('web.connections.refused.max_connections', 'connections', 'Refused: too many connections of the web page'),
  counter('web.connections.refused.per_address', 'connections', 'Refused: the address had too many connections'),
  counter('web.connections.refused.gone', 'connections', 'Reset by the peer before they could be accepted'),
  ...refusedHandshakes('web.connections.refused.'),
  counter('web.connections.closed.never_sent', 'connections', 'Closed to make room: the peer had never sent anything'),
  counter('web.connections.closed.malformed', 'connections', 'Closed: what the peer sent is not HTTP, or is too slow'),
  counter(
    'web.connections.closed.pipelined',
    'connections',
    'Closed: more than four requests on one connection without waiting for an answer',
  ),
  counter('web.requests.answered', 'requests', 'Requests that were answered'),
  counter('web.requests.refused', 'requests', 'Requests that were refused: not logged in, no right to it, foreign'),
  counter('web.requests.failed', 'requests', 'Requests that failed in the server'),
  counter('web.requests.broken_off', 'requests', 'Answers that broke off before their end'),
  counter('web.logins.accepted', 'logins', 'Logins by password or link'),
  counter('web.logins.failed', 'logins', 'Wrong passwords, tokens and links'),
  counter('web.logins.limited', 'logins', 'Logins that were refused unread, after too many failures'),
] as const;

type WebCounter = (typeof WEB_COUNTERS)[number]['name'];
type Short<Name> = Name extends `web.${infer Rest}` ? Rest : never;
/** By their names without `web.`. */
export type WebCounters = Readonly<Record<Short<WebCounter>, Counter>>;

/** @throws RangeError if the server did not make them */
export function webCountersOf(counters: Counters): WebCounters {
  return Object.fromEntries(
    WEB_COUNTERS.map(({ name }) => [name.slice('web.'.length), counters.counter(name)]),
  ) as WebCounters;
}
