import {
  bytes,
  duration,
  type HostPort,
  hostPort,
  messageRate,
  shortName,
  shown,
  type Written,
  written,
  z,
} from '../base/schema.ts';
import { HOUR, MINUTE, parseDuration } from '../base/units.ts';
import { queryFault } from '../query/index.ts';
import { clientTlsSchema } from '../tls/settings.ts';

/** How lines are written. */
const LINE_FORMATS = ['rfc5424', 'bsd', 'json'] as const;
/** How the addresses of `to` share the messages. */
const SPREADS = ['first', 'host', 'turn'] as const;
/** What is added to a line about where it came from. */
const TRAILS = ['full', 'ip', 'none'] as const;

const query = written('a query, e.g. severity:<=notice OR hostname:db*', { format: 'query' }, (given) => {
  const fault = queryFault(String(given));
  return fault === undefined ? { value: String(given) } : { refused: `${shown(given)} ${fault}` };
}).meta({ description: 'which messages are forwarded, as in search; default: all' }) as Written<string>;

const START = 'now, start, or a duration, e.g. 24h';
const start = written(START, {}, (given): { value: Start } | { refused: string } => {
  if (given === 'now' || given === 'start') return { value: given };
  const ms = typeof given === 'string' ? parseDuration(given) : undefined;
  return ms === undefined ? { refused: `${shown(given)} is not ${START}` } : { value: ms };
});

/** A place in time to begin at: a duration (ms) is that long ago. */
export type Start = 'now' | 'start' | number;

const rate = messageRate(1, 'those of one second');

const address = hostPort().refine((to) => (to as HostPort).port > 0, {
  error: 'has no port to connect to; write the port of the receiver, e.g. :514',
}) as Written<HostPort>;

const common = {
  name: shortName().meta({
    description: 'the name in counters and of the cursor; another name begins again, as `from` says',
  }),
  to: z
    .array(address)
    .min(1)
    .max(16)
    .meta({ description: 'addresses of receivers; the next one is used if one is away' }),
  query: query.optional(),
  spread: z.enum(SPREADS).default('first').meta({
    description: 'first: the first address that can be reached; host: a host stays at one address; turn: all share',
  }),
  format: z
    .enum(LINE_FORMATS)
    .default('rfc5424')
    .meta({ description: 'how lines are written; json: as -o json prints them' }),
  trail: z.enum(TRAILS).default('full').meta({
    description: 'what rfc5424 says about where a line came from: full, for another Cordwood; ip: its address; none',
  }),
  timeout: duration({ min: 1000, max: HOUR }).prefault('90s').meta({
    description: 'longest time without an answer, or without reading, before a connection is given up',
  }),
  rate: rate.optional().meta({ description: 'the most messages a second; later ones wait, and none is dropped' }),
  bytes_per_second: bytes({ min: 1024 }).optional().meta({ description: 'the most bytes a second, in the same way' }),
  from: start.prefault('now').meta({ description: `where a new name begins: ${START}` }) as Written<Start>,
};

/** The largest `max_size`, bytes. */
export const MAX_LINE_BYTES = 1 << 20;

const lineSize = bytes({ min: 480, max: MAX_LINE_BYTES });

export const relpForwardSchema = z.strictObject({
  kind: z.literal('relp'),
  ...common,
  max_size: lineSize.prefault('68KiB').meta({ description: 'longest line; a longer one is cut and counted' }),
  window: z
    .int()
    .min(16)
    .max(4096)
    .default(1024)
    .meta({ description: 'messages sent before the first is acknowledged' }),
  tls: clientTlsSchema.optional().meta({ description: 'TLS 1.2 or newer' }),
});

const again = written('a duration, e.g. 5s, or off', {}, (given) => {
  const ms = given === 'off' ? 0 : typeof given === 'string' ? parseDuration(given) : undefined;
  if (ms === undefined) return { refused: `${shown(given)} is neither a duration, e.g. 5s, nor off` };
  return ms > MINUTE ? { refused: `${shown(given)} is too large; the maximum is 1m` } : { value: ms };
});

export const tcpForwardSchema = z.strictObject({
  kind: z.literal('tcp'),
  ...common,
  max_size: lineSize.prefault('68KiB').meta({ description: 'longest line; a longer one is cut and counted' }),
  framing: z.enum(['octets', 'lines']).default('octets').meta({
    description: 'octets: the length before each line (RFC 6587); lines: an LF after each one, for old receivers',
  }),
  again: again
    .prefault('5s')
    .meta({ description: 'what was sent for this long before a connection broke is sent again; off: nothing' }),
  tls: clientTlsSchema.optional().meta({ description: 'TLS 1.2 or newer' }),
});

export const udpForwardSchema = z.strictObject({
  kind: z.literal('udp'),
  ...common,
  max_size: bytes({ min: 480, max: 65_507 })
    .prefault('2KiB')
    .meta({ description: 'longest datagram; a longer line is cut and counted' }),
});

export type RelpForward = z.output<typeof relpForwardSchema>;
export type TcpForward = z.output<typeof tcpForwardSchema>;
export type UdpForward = z.output<typeof udpForwardSchema>;
