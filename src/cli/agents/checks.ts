import { isIPv6 } from 'node:net';
import { formatDuration, MINUTE, SECOND } from '../../base/units.ts';
import type { LogMessage } from '../../model/message.ts';

/** A finding about a sender, with a remedy if it is a problem. */
export type Check = { readonly about: string; readonly finding: string; readonly remedy?: string };

/** Frames that the listener received while waiting, and how many of them had an octet count. */
export type FrameCounts = { readonly frames: number; readonly counted: number };

/** A clock further off than this needs a remedy, ms. */
const CLOCK_MS = MINUTE;
/** Time zones differ by multiples of a quarter of an hour, ms. */
const QUARTER = 15 * MINUTE;
/** Bytes that the traditional format keeps of a program's name and process id. */
const TAG_BYTES = 32;

const RFC5424 = 'rsyslog: template="RSYSLOG_SyslogProtocol23Format"; syslog-ng: syslog() instead of network()';

/** What a message shows about its sender: how it arrived, in which format, and what went wrong on the way. */
export function checksOf(message: LogMessage, counts: FrameCounts | undefined): Check[] {
  return [
    transport(message),
    framing(message, counts),
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
  return { about: 'transport', finding: `${kind}, from ${peer} to listener ${listener}${certificate}` };
}

function framing({ source }: LogMessage, counts: FrameCounts | undefined): Check {
  const about = 'framing';
  if (source.transport === 'udp') return { about, finding: 'one message per datagram' };
  if (source.transport === 'relp') return { about, finding: 'RELP: messages may contain newlines' };
  if (!counts || counts.frames === 0) return { about, finding: 'unknown' };
  if (counts.counted === counts.frames) return { about, finding: 'octet counts: messages may contain newlines' };
  if (counts.counted === 0) return { about, finding: 'lines: a newline inside a message would split it' };
  return { about, finding: `listener ${source.listener} received both octet counts and lines meanwhile` };
}

function acknowledgement({ source }: LogMessage): Check {
  const about = 'acknowledged';
  if (source.transport === 'relp') return { about, finding: 'yes, once a message is on disk' };
  const lost =
    source.transport === 'udp'
      ? 'what the network or a full buffer drops'
      : 'what is in flight when the connection breaks';
  return { about, finding: `no: ${lost} is lost unnoticed`, remedy: 'cordwood agent print rsyslog --transport relp' };
}

function format(message: LogMessage): Check {
  const about = 'format';
  if (message.format === 'rfc5424') return { about, finding: 'RFC 5424' };
  if (message.format === 'unknown' || message.flags.includes('parse_error')) {
    return { about, finding: 'not understood: the whole line was stored as text', remedy: RFC5424 };
  }
  const cut = Buffer.byteLength(message.appname ?? '') >= TAG_BYTES;
  const worse = cut ? ', and this name is cut' : '';
  return { about, finding: `RFC 3164: names are cut at ${TAG_BYTES} bytes${worse}`, remedy: RFC5424 };
}

function truncation({ flags, length, message }: LogMessage): Check {
  const about = 'length';
  if (flags.includes('partial')) {
    return { about, finding: 'the connection closed in the middle of the line', remedy: 'find out what closes it' };
  }
  if (!flags.includes('truncated')) return { about, finding: `complete, ${Buffer.byteLength(message)} bytes of text` };
  const original = length === undefined ? 'it was longer' : `it had ${length} bytes`;
  const remedy = 'raise max_frame: of the listener, and the agent\'s own limit (rsyslog: global(maxMessageSize="64k"))';
  return { about, finding: `cut: ${original}`, remedy };
}

function clock({ flags, timestamp, received_at }: LogMessage): Check {
  const about = 'clock';
  if (flags.includes('no_timestamp'))
    return { about, finding: 'unknown: the message has no timestamp; its arrival is used', remedy: RFC5424 };
  const ahead = timestamp.getTime() - received_at.getTime();
  const by = formatDuration(Math.round(Math.abs(ahead) / SECOND) * SECOND);
  if (Math.abs(ahead) < SECOND) return { about, finding: 'the same as ours, within a second' };
  const direction = ahead > 0 ? 'ahead of' : 'behind';
  const delayed = ahead < 0 ? ', unless the message was delayed' : '';
  const finding = `${by} ${direction} ours${delayed}`;
  if (Math.abs(ahead) < CLOCK_MS) return { about, finding };
  return { about, finding, remedy: 'synchronise the clock of the sender by NTP (timedatectl set-ntp true)' };
}

function zone({ flags, timestamp_offset: offset, timestamp, received_at, source }: LogMessage): Check {
  const about = 'time zone';
  if (flags.includes('no_timestamp')) return { about, finding: 'none: the message has no timestamp' };
  if (offset !== undefined) return { about, finding: `sent with each timestamp: ${offsetText(offset)}` };
  const off = Math.round((timestamp.getTime() - received_at.getTime()) / QUARTER) * QUARTER;
  const near = Math.abs(timestamp.getTime() - received_at.getTime() - off) < 2 * MINUTE;
  const entry = `zones: [{cidr: ${source.ip}, zone: …}] in the configuration`;
  if (off !== 0 && near) {
    const finding = `not sent, and the assumed one looks wrong by ${formatDuration(Math.abs(off))}`;
    return { about, finding, remedy: `${RFC5424}; or cordwood hosts clock; or ${entry}` };
  }
  const remedy = `${RFC5424}; otherwise it may be wrong in summer time`;
  return { about, finding: 'not sent: the assumed one looks right', remedy };
}

function offsetText(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}
