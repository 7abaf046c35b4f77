import { decodeId } from '../model/id.ts';
import type { StructuredParam } from '../model/message.ts';
import { formatStructuredData } from '../model/structured-data.ts';
import { headerName, headerStamp } from '../model/header-line.ts';
import { type Beat, TRAIL_ID } from './contract.ts';
import { Params } from './params.ts';

/** How often a forwarding server sends a beat, ms. */
export const BEAT_MS = 10_000;

/** `<syslog.info>`. */
const PRIORITY = 5 * 8 + 6;

/** The line of a beat. */
export function beatLine(beat: Beat): string {
  const stamp = headerStamp({ timestamp: new Date(beat.at), timestamp_offset: 0 });
  const text = `${beat.sent} messages forwarded, ${beat.waiting} wait`;
  return `<${PRIORITY}>1 ${stamp} ${headerName(beat.host, 'hostname')} cordwood - beat ${formatBeat(beat)} ${text}`;
}

/** The beat as an element of STRUCTURED-DATA. */
export function formatBeat({ last, ...beat }: Beat): string {
  const values = { beat: 1, ...beat, at: new Date(beat.at).toISOString(), ...(last !== undefined && { last }) };
  const params = Object.entries(values).map(([name, value]) => ({ name, value: String(value) }));
  return formatStructuredData([{ id: TRAIL_ID, params }]);
}

/** Reads the parameters of an element that `formatBeat` wrote; undefined if it is anything else. */
export function readBeat(params: readonly StructuredParam[]): Beat | undefined {
  const read = new Params(params);
  if (read.choice('beat', ['1']) === undefined) return undefined;
  const from = read.text('from');
  const at = read.time('at');
  const visible = read.text('visible');
  const last = read.text('last');
  const [waiting, sent, lost] = [read.whole('waiting'), read.whole('sent'), read.whole('lost')];
  const [cut, dead] = [read.whole('cut'), read.whole('dead')];
  const host = read.text('host');
  const version = read.text('version');
  if (!from || at === undefined || !isId(visible) || host === undefined || version === undefined) return undefined;
  if (waiting === undefined || sent === undefined || lost === undefined) return undefined;
  if (cut === undefined || dead === undefined || !read.isComplete) return undefined;
  if (last !== undefined && !isId(last)) return undefined;
  return { from, at, visible, ...(last !== undefined && { last }), waiting, sent, lost, cut, dead, host, version };
}

function isId(text: string | undefined): text is string {
  return text !== undefined && decodeId(text) !== undefined;
}
