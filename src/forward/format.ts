import { jsonText } from '../model/json.ts';
import type { LogMessage } from '../model/message.ts';
import { formatTrail, relayedLine, trailOf } from '../relay/index.ts';
import { cutBytes } from './cut-bytes.ts';
import type { ForwardSettings } from './registry.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A line that is sent, its length in UTF-8, and whether it was cut. */
export type Line = { readonly text: string; readonly bytes: number; readonly isCut: boolean };

type Wish = Pick<ForwardSettings, 'format' | 'trail' | 'max_size'>;
type About = {
  /** See `Trail`. */
  readonly from: string;
  readonly again: boolean;
  /** Whether the receiver reads trails. */
  readonly isCordwood: boolean;
};

/** Writes a stored message as the destination wishes. */
export function lineOf(message: LogMessage, wish: Wish, about: About): Line {
  const whole = textOf(message, wish, about);
  const bytes = Buffer.byteLength(whole);
  if (bytes <= wish.max_size) return { text: whole, bytes, isCut: false };
  // What a trail adds to a long line is long, too: without it, the line may fit.
  const { raw: _raw, fields: _fields, ...short } = message;
  const text = cutBytes(Buffer.from(textOf(short, wish, about)), wish.max_size).toString();
  return { text, bytes: Buffer.byteLength(text), isCut: true };
}

function textOf(message: LogMessage, { format, trail }: Wish, about: About): string {
  switch (format) {
    case 'rfc5424':
      return relayedLine(message, elementsOf(message, trail, about));
    case 'bsd':
      return bsdLine(message);
    case 'json':
      return jsonText(message);
  }
}

function elementsOf(message: LogMessage, trail: Wish['trail'], { from, again, isCordwood }: About): string {
  if (trail === 'none') return '';
  const own = trail === 'full' ? formatTrail(trailOf(message, from, again)) : '';
  // RFC 5424 §7.2: for receivers that do not read our element. The message's own one stays the only one.
  const hasOrigin = message.structured_data !== undefined && Object.hasOwn(message.structured_data, 'origin');
  return isCordwood || hasOrigin ? own : `${own}[origin ip="${message.source.ip}"]`;
}

/**
 * The message in the form of RFC 3164 §4.1: the time in the sender's zone if it gave one, else in
 * that of this machine; the tag cut at 48 characters, which receivers take though the RFC allows 32.
 */
function bsdLine(message: LogMessage): string {
  const { facility, severity, hostname = '-', appname, procid, timestamp, timestamp_offset: offset } = message;
  const minutes = offset ?? -timestamp.getTimezoneOffset();
  const local = new Date(timestamp.getTime() + minutes * 60_000);
  const day = String(local.getUTCDate()).padStart(2, ' ');
  const stamp = `${MONTHS[local.getUTCMonth()]} ${day} ${local.toISOString().slice(11, 19)}`;
  const plain = (text: string, most: number) => text.replace(/[\0-\x20\x7f]/g, '_').slice(0, most);
  const tag = appname ? `${plain(appname, 48)}${procid ? `[${plain(procid, 128)}]` : ''}: ` : '';
  return `<${facility * 8 + severity}>${stamp} ${plain(hostname, 255)} ${tag}${message.message}`;
}

/** A line that says that it is a test, of severity `info`. */
export function testLine(host: string, name: string, now: Date): string {
  const text = `This is a test of the destination ${name}, by cordwood forward test`;
  return `<46>1 ${now.toISOString()} ${host} cordwood - test - ${text}`;
}
