import { bytes, cidr, hostPort, written, z, zone } from '../base/schema.ts';
import { tlsSchema } from '../tls/settings.ts';
import { formatBytes, parseDuration } from '../base/units.ts';

/** Two of them must fit one record of the spool. */
const LARGEST_FRAME = 256 << 10;
/** What a receiver must take, RFC 5426 §3.2. */
const SMALLEST_FRAME = 480;

const rate = z
  .strictObject({
    per_second: z.int().min(1).max(1_000_000).meta({ description: 'messages a second, on the average' }),
    burst: z
      .int()
      .min(1)
      .max(100_000_000)
      .optional()
      .meta({ description: 'messages at once after a silence; without it, what ten seconds bring' }),
  })
  .transform(({ per_second, burst = per_second * 10 }) => ({ per_second, burst }));

const common = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, {
      error: 'is not a name: a to z first, then a to z, 0 to 9, _ and -, 32 at most',
    })
    .optional()
    .meta({ description: "the name in counters and in each message's source; by default the kind and a number: tcp0" }),
  address: hostPort(),
  allow: z.array(cidr()).min(1).optional().meta({ description: 'the networks that may send here; without it, all' }),
  rate: rate.optional().meta({ description: 'what one address may send; TCP and RELP wait, datagrams are dropped' }),
  zone: zone().optional().meta({ description: 'the zone of stamps that carry none, for what arrives here' }),
  max_frame: bytes({ min: SMALLEST_FRAME })
    .refine((size) => size <= LARGEST_FRAME, {
      error: `is too much; the most is ${formatBytes(LARGEST_FRAME)}: a record of the spool has to hold two of them`,
    })
    .prefault('64KiB')
    .meta({ description: 'the longest message; a longer one is cut there and flagged' }),
  inflate: z.boolean().default(true).meta({ description: "whether to inflate rsyslog's compressed messages" }),
};

function limit(description: string) {
  const wanted = 'a duration with its unit, e.g. 90s, 10m, or off';
  return written(wanted, {}, (given) => {
    if (given === 'off') return { value: undefined };
    const value = typeof given === 'string' ? parseDuration(given) : undefined;
    return value ? { value } : { refused: `${JSON.stringify(given)} is not ${wanted}` };
  }).meta({ description });
}

/** Settings of a UDP listener. */
export const udpSchema = z.strictObject({
  kind: z.literal('udp'),
  ...common,
  receive_buffer: bytes({ min: 64 << 10, max: 1 << 30 })
    .prefault('8MiB')
    .meta({ description: 'what the kernel may hold before it drops; more than net.core.rmem_max is not given' }),
});

/** What every listener for connections takes, whatever is spoken on them. */
export const streamSettings = {
  ...common,
  max_connections: z.int().min(1).default(20_000).meta({ description: 'connections in all' }),
  max_connections_per_address: z.int().min(1).default(4096).meta({ description: 'connections from one address' }),
  half_frame_timeout: limit('how long a message may take from its first byte to its last').prefault('60s'),
  first_byte_timeout: limit('how long a connection may send nothing at first').prefault('off'),
  idle_timeout: limit('how long a connection may send nothing later on').prefault('off'),
  keepalive: z.boolean().default(true).meta({ description: 'whether the kernel looks after silent connections' }),
  backlog: z
    .int()
    .min(1)
    .max(65_535)
    .default(4096)
    .meta({ description: 'connections that may wait to be accepted; net.core.somaxconn is the most' }),
  tls: tlsSchema.optional().meta({ description: 'speak TLS, 1.2 or newer, from the first byte on' }),
};

/** Settings of a TCP listener. */
export const tcpSchema = z.strictObject({ kind: z.literal('tcp'), ...streamSettings });

/** Settings of a RELP listener. */
export const relpSchema = z.strictObject({ kind: z.literal('relp'), ...streamSettings });

type Named = {
  /** The configuration gives one where the file has none. */
  readonly name: string;
};
export type UdpSettings = z.output<typeof udpSchema> & Named;
const streamShape = z.object(streamSettings);
/** What `listenForStreams` reads of the settings of a listener for connections. */
export type StreamSettings = z.output<typeof streamShape> & Named;
export type TcpSettings = z.output<typeof tcpSchema> & Named;
export type RelpSettings = z.output<typeof relpSchema> & Named;
