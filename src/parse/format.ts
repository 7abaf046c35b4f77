import { bodyAfterHeader, headerName, headerStamp } from '../model/header-line.ts';
import type { LogMessage } from '../model/message.ts';
import { structuredText } from '../model/structured-object.ts';

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
    nil.stamp ? '-' : headerStamp(message),
    nil.host ? '-' : headerName(message.hostname, 'hostname'),
    headerName(message.appname, 'appname'),
    headerName(message.procid, 'procid'),
    headerName(message.msgid, 'msgid'),
    structuredText(message) || '-',
  ].join(' ');
  return `${header}${bodyAfterHeader(message.message)}`;
}
