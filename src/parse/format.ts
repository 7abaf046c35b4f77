import type { LogMessage } from '../model/message.ts';
import { structuredText } from '../model/structured-object.ts';

const BOM = '\ufeff';

/**
 * The message as an RFC 5424 line without a trailer, as `-o raw` prints it if the frame was not
 * kept. Parsing the line gives the same fields, except that guessed values (a zone, a host) then
 * count as sent. A text with characters beyond ASCII gets a BOM (RFC 5424 §6.4).
 */
export function formatRfc5424(message: LogMessage): string {
  const sent = message.format === 'rfc5424';
  const nil = {
    stamp: sent && message.flags.includes('no_timestamp'),
    host: sent && message.flags.includes('no_hostname'),
  };
  const header = [
    `<${message.facility * 8 + message.severity}>${message.version ?? 1}`,
    nil.stamp ? '-' : stampOf(message),
    nil.host ? '-' : field(message.hostname, 255),
    field(message.appname, 48),
    field(message.procid, 128),
    field(message.msgid, 32),
    structuredText(message) || '-',
  ].join(' ');
  if (message.message === '') return header;
  const ascii = /^[\0-\x7f]*$/.test(message.message);
  // The parser drops a blank at the start of MSG.
  const blank = ascii && message.message.startsWith(' ') ? ' ' : '';
  return `${header} ${ascii ? blank : BOM}${message.message}`;
}

/** A field of the header: spaces and controls replaced, cut at its limit; NILVALUE if it is absent. */
function field(text: string | undefined, limit: number): string {
  if (text === undefined || text === '') return '-';
  return text.replace(/[\0-\x20\x7f]/g, '_').slice(0, limit);
}

/** The time stamp in RFC 3339, with as many digits and the offset that the sender used. */
function stampOf(message: LogMessage): string {
  const offset = message.timestamp_offset ?? 0;
  const local = new Date(message.timestamp.getTime() + offset * 60_000).toISOString();
  const [seconds, ms] = local.slice(0, -1).split('.') as [string, string];
  const us = message.timestamp_us;
  const fraction = us !== undefined ? `.${ms}${String(us).padStart(3, '0')}` : ms === '000' ? '' : `.${ms}`;
  if (message.timestamp_offset === undefined || offset === 0) return `${seconds}${fraction}Z`;
  const of = Math.abs(offset);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${seconds}${fraction}${offset < 0 ? '-' : '+'}${two(Math.floor(of / 60))}:${two(of % 60)}`;
}
