import { FRAMINGS, MAX_FRAME_BYTES } from '../base/frame-list.ts';
import { bytes, cidr, hostPort, written, z, zone } from '../base/schema.ts';
import { tlsSchema } from '../tls/settings.ts';
import { formatBytes, formatDuration, parseDuration, SECOND } from '../base/units.ts';

/** Every receiver must accept messages of this size, bytes: RFC 5426 §3.2. */
const MIN_FRAME_BYTES = 480;

const rate = z
  .strictObject({
    per_second: z.int().min(1).max(1_000_000).meta({ description: 'messages a second, on average' }),
    burst: z
      .int()
      .min(1)
      .max(100_000_000)
      .optional()
      .meta({ description: 'messages at once after a pause; default: ten times per_second' }),
  })
  .transform(({ per_second, burst = per_second * 10 }) => ({ per_second, burst }));

const common = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, {
      error: 'is not a name: it starts with a to z, may contain a to z, 0 to 9, _ and -, and has at most 32 characters',
    })
    .optional()
    .meta({ description: "name in counters and in each message's source; default: the kind and a number, e.g. tcp0" }),
  address: hostPort(),
  allow: z.array(cidr()).min(1).optional().meta({ description: 'networks that may send here; default: all' }),
  rate: rate
    .optional()
    .meta({ description: 'rate limit of each sending address; TCP and RELP senders wait, datagrams are dropped' }),
  zone: zone().optional().meta({ description: 'time zone of timestamps without one, for messages that arrive here' }),
  max_frame: bytes({ min: MIN_FRAME_BYTES })
    .refine((size) => size <= MAX_FRAME_BYTES, {
      error: `is too large; the maximum is ${formatBytes(MAX_FRAME_BYTES)}, because a spool record must hold two frames`,
    })
    .prefault('64KiB')
    .meta({ description: 'longest message; a longer one is cut and flagged' }),
  inflate: z.boolean().default(true).meta({ description: 'whether to decompress messages that rsyslog compressed' }),
};

/** @param min the shortest, ms */
function limit(description: string, min = 0) {
  const wanted = 'a duration with its unit, e.g. 90s, 10m, or off';
  return written(wanted, {}, (given) => {
    if (given === 'off') return { value: undefined };
    const value = typeof given === 'string' ? parseDuration(given) : undefined;
    if (!value) return { refused: `${JSON.stringify(given)} is not ${wanted}` };
    return value < min ? { refused: `${given} is too short; the minimum is ${formatDuration(min)}` } : { value };
  }).meta({ description });
}

/** Settings of a UDP listener. */
export const udpSchema = z.strictObject({
  kind: z.literal('udp'),
  ...common,
  receive_buffer: bytes({ min: 64 << 10, max: 1 << 30 })
    .prefault('8MiB')
    .meta({
      description: 'receive buffer in the kernel, which drops datagrams when it is full; limited by net.core.rmem_max',
    }),
});

/** The settings of every listener for connections, whatever its protocol. */
const streamSettings = {
  ...common,
  max_connections: z.int().min(1).default(20_000).meta({ description: 'most connections in total' }),
  max_connections_per_address: z.int().min(1).default(4096).meta({ description: 'most connections from one address' }),
  half_frame_timeout: limit('longest time from the first to the last byte of a message').prefault('60s'),
  first_byte_timeout: limit('longest time from connecting to the first byte').prefault('off'),
  idle_timeout: limit('longest time without a byte after the first').prefault('off'),
  max_age: limit(
    'age at which senders are asked to connect again, as a restart does, give or take 10 %; spreads them over receivers',
    SECOND,
  ).prefault('off'),
  proxy: z.array(cidr()).min(1).optional().meta({
    description:
      'networks of load balancers: their connections must begin with a PROXY header, version 1 or 2, which names the sender',
  }),
  keepalive: z.boolean().default(true).meta({ description: 'whether the kernel probes silent connections' }),
  backlog: z
    .int()
    .min(1)
    .max(65_535)
    .default(4096)
    .meta({ description: 'connections that may wait to be accepted; limited by net.core.somaxconn' }),
  tls: tlsSchema.optional().meta({ description: 'TLS 1.2 or newer, from the first byte on' }),
};

/** Settings of a TCP listener. */
export const tcpSchema = z.strictObject({
  kind: z.literal('tcp'),
  ...streamSettings,
  framing: z.enum(FRAMINGS).default('auto').meta({
    description: 'where messages end: octet counts, line ends, or auto for whichever each message has (RFC 6587)',
  }),
});

/** Settings of a RELP listener. */
export const relpSchema = z.strictObject({ kind: z.literal('relp'), ...streamSettings });

type Named = {
  /** The configuration fills it in if the file has none. */
  readonly name: string;
};
export type UdpSettings = z.output<typeof udpSchema> & Named;
const streamShape = z.object(streamSettings);
/** The settings that all listeners for connections share. */
export type StreamSettings = z.output<typeof streamShape> & Named;
export type TcpSettings = z.output<typeof tcpSchema> & Named;
export type RelpSettings = z.output<typeof relpSchema> & Named;
