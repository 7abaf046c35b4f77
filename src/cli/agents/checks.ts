import { isIPv6 } from 'node:net';
import { formatDuration } from '../../base/units.ts';
import type { LogMessage } from '../../model/message.ts';

/** One thing about a sender, and what to do about it where it is bad. */
export type Check = { readonly about: string; readonly says: string; readonly remedy?: string };

/** What the listener counted while the line was awaited. */
export type Counted = { readonly frames: number; readonly counted: number };

/** A clock that is further off than this is worth a remedy, ms. */
const CLOCK_MS = 60_000;
const MINUTE = 60_000;
/** Zones differ by multiples of a quarter of an hour. */
const QUARTER = 15 * MINUTE;
/** What the traditional format leaves of a program's name and process id. */
const TAG_BYTES = 32;

const RFC5424 = 'rsyslog: template="RSYSLOG_SyslogProtocol23Format"; syslog-ng: syslog() instead of network()';

/** What a line tells about whoever sent it: how it came, in which form, and what went wrong on its way. */
export function checksOf(message: LogMessage, counted: Counted | undefined): Check[] {
  return [
    transport(message),
    framing(message, counted),
    acknowledgement(message),
    format(message),
    truncation(message),
    clock(message),
    zone(message),
  ];
}

function transport({ source: { ip, port, transport: kind, listener, peer_cn } }: LogMessage): Check {
  const peer = `${isIPv6(ip) ? `[${ip}]` : ip}:${port}`;
  const certificate = peer_cn === undefined ? '' : `, with the certificate of ${peer_cn}`;
  return { about: 'transport', says: `${kind}, from ${peer} to listener ${listener}${certificate}` };
}

function framing({ source }: LogMessage, counted: Counted | undefined): Check {
  const about = 'framing';
  if (source.transport === 'udp') return { about, says: 'one datagram is one message' };
  if (source.transport === 'relp') return { about, says: "RELP's own: a message may hold anything" };
  if (!counted || counted.frames === 0) return { about, says: 'unknown' };
  if (counted.counted === counted.frames) return { about, says: 'octet counts: a message may hold anything' };
  if (counted.counted === 0) return { about, says: 'lines: a newline in a message would split it' };
  return { about, says: `both octet counts and lines came to listener ${source.listener} meanwhile` };
}

function acknowledgement({ source }: LogMessage): Check {
  const about = 'acknowledged';
  if (source.transport === 'relp') return { about, says: 'yes, once it is on disk' };
  const lost =
    source.transport === 'udp' ? 'whatever the network or a full buffer drops' : 'what a broken connection held';
  return { about, says: `no: ${lost} is lost unnoticed`, remedy: 'cordwood agent print rsyslog --transport relp' };
}

function format(message: LogMessage): Check {
  const about = 'format';
  if (message.format === 'rfc5424') return { about, says: 'RFC 5424' };
  if (message.format === 'unknown' || message.flags.includes('parse_error')) {
    return { about, says: 'not understood: the line was kept whole as text', remedy: RFC5424 };
  }
  const cut = Buffer.byteLength(message.appname ?? '') >= TAG_BYTES;
  const worse = cut ? ', and this name is cut' : '';
  return { about, says: `RFC 3164: names are cut at ${TAG_BYTES} bytes${worse}`, remedy: RFC5424 };
}

function truncation({ flags, length, message }: LogMessage): Check {
  const about = 'length';
  if (flags.includes('partial')) {
    return { about, says: 'the connection ended in the middle of the line', remedy: 'look for what closes it' };
  }
  if (!flags.includes('truncated')) return { about, says: `whole, ${Buffer.byteLength(message)} bytes of text` };
  const remedy = 'raise max_frame: of the listener, and the agent\'s own limit (rsyslog: global(maxMessageSize="64k"))';
  return { about, says: `cut: it was ${length ?? 'more'} bytes long`, remedy };
}

function clock({ flags, timestamp, received_at }: LogMessage): Check {
  const about = 'clock';
  if (flags.includes('no_timestamp'))
    return { about, says: 'no stamp came: the time of arrival stands for it', remedy: RFC5424 };
  const ahead = timestamp.getTime() - received_at.getTime();
  const by = formatDuration(Math.round(Math.abs(ahead) / 1000) * 1000);
  if (Math.abs(ahead) < 1000) return { about, says: 'as ours, within a second' };
  const where = ahead > 0 ? 'ahead of' : 'behind';
  const waited = ahead < 0 ? ', unless the line waited on its way' : '';
  const says = `${by} ${where} ours${waited}`;
  if (Math.abs(ahead) < CLOCK_MS) return { about, says };
  return { about, says, remedy: 'set the clock of the sender by NTP (timedatectl set-ntp true)' };
}

function zone({ flags, timestamp_offset: offset, timestamp, received_at, source }: LogMessage): Check {
  const about = 'zone';
  if (flags.includes('no_timestamp')) return { about, says: 'none, since no stamp came' };
  if (offset !== undefined) return { about, says: `sent with each stamp: ${offsetText(offset)}` };
  const off = Math.round((timestamp.getTime() - received_at.getTime()) / QUARTER) * QUARTER;
  const near = Math.abs(timestamp.getTime() - received_at.getTime() - off) < 2 * MINUTE;
  const entry = `zones: [{cidr: ${source.ip}, zone: …}] in the configuration`;
  if (off !== 0 && near) {
    const says = `none sent, and the one assumed looks wrong by ${formatDuration(Math.abs(off))}`;
    return { about, says, remedy: `${RFC5424}; or cordwood hosts clock; or ${entry}` };
  }
  return { about, says: 'none sent: assumed, and it looks right', remedy: `${RFC5424}; summer time may differ else` };
}

function offsetText(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}
