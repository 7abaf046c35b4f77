import type { LogMessage } from './message.ts';

/** The longest value of each name in the header, in characters (RFC 5424 §6). */
const HEADER_LIMITS = { hostname: 255, appname: 48, procid: 128, msgid: 32 } as const;
export type HeaderName = keyof typeof HEADER_LIMITS;

/** A name as the header writes it: spaces and controls replaced, cut at its limit; NILVALUE if it is absent. */
export function headerName(text: string | undefined, name: HeaderName): string {
  if (text === undefined || text === '') return '-';
  return text.replace(/[\0-\x20\x7f]/g, '_').slice(0, HEADER_LIMITS[name]);
}

/** The time stamp in RFC 3339, with as many digits and the offset that the sender used. */
export function headerStamp(message: Pick<LogMessage, 'timestamp' | 'timestamp_us' | 'timestamp_offset'>): string {
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

const BOM = '\ufeff';

/** The body after a header, with the blank before it; a text with characters beyond ASCII gets a BOM (RFC 5424 §6.4). */
export function bodyAfterHeader(text: string): string {
  if (text === '') return '';
  const ascii = /^[\0-\x7f]*$/.test(text);
  // The parser drops a blank at the start of MSG.
  const blank = ascii && text.startsWith(' ') ? ' ' : '';
  return ` ${ascii ? blank : BOM}${text}`;
}
