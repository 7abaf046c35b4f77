import { bodyAfterHeader, headerName, headerStamp } from '../model/header-line.ts';
import type { LogMessage } from '../model/message.ts';
import { formatStructuredData, parseStructuredData } from '../model/structured-data.ts';
import { structuredText } from '../model/structured-object.ts';
import { TRAIL_ID } from './contract.ts';
import { passageOf } from './trail.ts';

/**
 * A stored message as an RFC 5424 line, as it is forwarded: names of the server's own guess are
 * written, since a receiver that is not Cordwood knows no better. Without a time of the sender, the
 * time is NILVALUE. @param elements elements before the message's own, see `formatTrail`
 */
export function relayedLine(message: LogMessage, elements: string): string {
  const { facility, severity, version = 1, flags } = message;
  const stamp = flags.includes('no_timestamp') ? '-' : headerStamp(message);
  const host = headerName(message.hostname, 'hostname');
  const app = headerName(message.appname, 'appname');
  const proc = headerName(message.procid, 'procid');
  const msgid = headerName(message.msgid, 'msgid');
  const data = `${elements}${ownElements(message)}` || '-';
  const body = bodyAfterHeader(message.message);
  return `<${facility * 8 + severity}>${version} ${stamp} ${host} ${app} ${proc} ${msgid} ${data}${body}`;
}

/** The message's own elements: without what this server put there about its way. */
function ownElements(message: LogMessage): string {
  const text = structuredText(message) ?? '';
  if (!text.includes(TRAIL_ID) || !passageOf(message)) return text;
  return formatStructuredData(parseStructuredData(text).slice(1));
}
