import type { LogMessage } from './message.ts';

/** The longest value of each name in the header, in characters (RFC 5424 §6). */
const HEADER_LIMITS = { hostname: 255, appname: 48, procid: 128, msgid: 32 } as const;
export type HeaderName = keyof typeof HEADER_LIMITS;

/** A name as the header writes it: spaces and controls replaced, cut at its limit; NILVALUE if it is absent. */
export function headerName(text: string | undefined, name: HeaderName): string {
  if (text === undefined || text === '') return '-';
  return text.replace(/[\0-\x20\x7f]/g, '_').slice(0, HEADER_LIMITS[name]);
}

/** The last second that was written, as ms since 1970 and as text: the next line mostly has the same. */
let lastSecond = Number.NaN;
let lastText = '';

/** The time stamp in RFC 3339, with as many digits and the offset that the sender used. */
export function headerStamp(message: Pick<LogMessage, 'timestamp' | 'timestamp_us' | 'timestamp_offset'>): string {
  const offset = message.timestamp_offset ?? 0;
  const local = message.timestamp.getTime() + offset * 60_000;
  const ms = ((local % 1000) + 1000) % 1000;
  if (local - ms !== lastSecond) {
    lastSecond = local - ms;
    lastText = new Date(lastSecond).toISOString().slice(0, -5);
  }
  const us = message.timestamp_us;
  const thousandths = us !== undefined || ms !== 0 ? `.${digits(ms)}` : '';
  return `${lastText}${thousandths}${us === undefined ? '' : digits(us)}${offsetText(offset)}`;
}

/** Three digits. */
function digits(value: number): string {
  return value < 10 ? `00${value}` : value < 100 ? `0${value}` : `${value}`;
}

function offsetText(offset: number): string {
  if (offset === 0) return 'Z';
  const of = Math.abs(offset);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(of / 60))}:${two(of % 60)}`;
}

const BOM = '\ufeff';

/** The body after a header, with the blank before it; a text with characters beyond ASCII gets a BOM (RFC 5424 §6.4). */
export function bodyAfterHeader(text: string): string {
  if (text === '') return '';
  const ascii = /^[\0-\x7f]*$/.test(text);
  // The parser drops a blank at the start of MSG.
  const blank = ascii && text.startsWith(' ') ? ' ' : '';
  return ` ${ascii ? blank : BOM}${text}`;
}
