import { FRAMINGS, MAX_FRAME_BYTES } from '../base/frame-list.ts';
import { parseNetwork } from '../base/ip.ts';
import { bytes, cidr, hostPort, messageRate, shortName, shown, written, z, zone } from '../base/schema.ts';
import { FINGERPRINT, PEER, readPeer, tlsSchema } from '../tls/settings.ts';
import { formatBytes, formatDuration, parseDuration, SECOND } from '../base/units.ts';

/** Every receiver must accept messages of this size, bytes: RFC 5426 §3.2. */
const MIN_FRAME_BYTES = 480;

const rate = messageRate(10, 'ten times per_second');

const common = {
  name: shortName()
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

/** A server that forwards here: a network, or a peer as in `tls.allow`. */
const relay = written(`${PEER}, or a network, e.g. 10.0.0.0/8`, {}, (given) => {
  const network = parseNetwork(String(given).trim());
  return network ? { value: `${network.address}/${network.prefix}` } : readPeer(given);
});

type WithRelays = {
  readonly relays?: readonly string[] | undefined;
  readonly tls?: { readonly ca?: string | undefined } | undefined;
};

/** Without TLS, an address is all that is known of a peer; with TLS, a certificate must prove who it is. */
function checkRelays({ relays = [], tls }: WithRelays, context: z.RefinementCtx): void {
  for (const [index, one] of relays.entries()) {
    const isNetwork = parseNetwork(one) !== undefined;
    const complaint = !tls ? (isNetwork ? undefined : NEEDS_TLS) : isNetwork ? NEEDS_NAME : needsCa(one, tls.ca);
    if (complaint === undefined) continue;
    context.addIssue({ code: 'custom', message: `${shown(one)} ${complaint}`, path: ['relays', index], input: one });
  }
}

const NEEDS_TLS = 'can only be checked with TLS; set tls, or list the network of the server, e.g. 10.0.0.5';
const NEEDS_NAME = 'is a network, and over TLS a certificate tells who a server is; list its name or its fingerprint';

function needsCa(one: string, ca: string | undefined): string | undefined {
  if (ca !== undefined || one.startsWith(FINGERPRINT)) return undefined;
  return 'is a name, which any client can claim unless `ca` is set; set tls.ca, or list the fingerprint instead';
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
  relays: z.array(relay).min(1).optional().meta({
    description:
      'Cordwood servers that forward here and are believed where a message came from: with TLS by certificate name or fingerprint, without TLS by network',
  }),
};

/** Settings of a TCP listener. */
export const tcpSchema = z
  .strictObject({
    kind: z.literal('tcp'),
    ...streamSettings,
    framing: z.enum(FRAMINGS).default('auto').meta({
      description: 'where messages end: octet counts, line ends, or auto for whichever each message has (RFC 6587)',
    }),
  })
  .superRefine(checkRelays);

/** Settings of a RELP listener. */
export const relpSchema = z.strictObject({ kind: z.literal('relp'), ...streamSettings }).superRefine(checkRelays);

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
