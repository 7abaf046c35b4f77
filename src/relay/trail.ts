import { type HeaderName, headerName } from '../model/header-line.ts';
import { arrivalOf, decodeId } from '../model/id.ts';
import { FLAGS, type Fields, type Flag, FORMATS, type LogMessage, TRANSPORTS } from '../model/message.ts';
import type { StructuredParam } from '../model/message.ts';
import { parseStructuredData } from '../model/structured-data.ts';
import { structuredText } from '../model/structured-object.ts';
import { type Passage, type Trail, TRAIL_ID } from './contract.ts';
import { Params } from './params.ts';

/** The parameter of each name that the header may not hold. */
const NAMES = { hostname: 'host', appname: 'app', procid: 'proc', msgid: 'msgid' } as const;
const HEADER_NAMES = Object.keys(NAMES) as HeaderName[];
/** More than any path has: the receiver drops a line after far fewer hops. */
const MAX_RELAYS = 64;

/** The trail of a stored message. @param from see `Trail` @param again see `Trail` */
export function trailOf(message: LogMessage, from: string, again = false): Trail {
  const passage = passageOf(message);
  const names: Partial<Record<HeaderName, string>> = {};
  for (const name of HEADER_NAMES) {
    const value = message[name];
    // A name that reads like NILVALUE, and an empty one, would be none.
    if (value !== undefined && (value === '-' || headerName(value, name) !== value)) names[name] = value;
  }
  const { _id: id, source, flags, format, length, raw, fields } = message;
  return {
    ...{ id, from, source, flags, format, names, again },
    at: passage?.at ?? arrivalOf(id),
    zoneless: message.timestamp_offset === undefined,
    ...(length !== undefined && { length }),
    ...(raw !== undefined && { raw }),
    ...(fields !== undefined && { fields }),
    relays: passage?.relays ?? [],
    by: passage?.by ?? [],
    hops: (passage?.relays.length ?? 0) + 1,
  };
}

/** The nonce in a `from`, see `Trail`; a node without one has that of another node, and its number. */
export function nonceOfFrom(from: string): string {
  return /^[^/-]*/.exec(from)![0];
}

/** The trail as an element of STRUCTURED-DATA. */
export function formatTrail(trail: Trail): string {
  const { source, flags } = trail;
  let text = `[${TRAIL_ID} id="${trail.id}" at="${iso(trail.at)}" from="${escaped(trail.from)}"`;
  text += ` ip="${escaped(source.ip)}" port="${source.port}" via="${source.transport}" in="${escaped(source.listener)}"`;
  if (source.peer_cn !== undefined) text += param('cn', source.peer_cn);
  if (flags.length > 0) text += ` flags="${flags.join(',')}"`;
  text += ` was="${trail.format}"`;
  if (trail.zoneless && !flags.includes('tz_assumed')) text += ' zone="none"';
  if (trail.length !== undefined) text += ` len="${trail.length}"`;
  for (const name of HEADER_NAMES) {
    const value = trail.names[name];
    if (value !== undefined) text += param(NAMES[name], value);
  }
  if (trail.fields !== undefined) text += param('fields', JSON.stringify(Object.entries(trail.fields)));
  if (trail.raw !== undefined) text += ` raw="${Buffer.from(trail.raw).toString('base64')}"`;
  text += params('relay', trail.relays) + params('by', trail.by);
  text += ` hops="${trail.hops}"`;
  return trail.again ? `${text} again="1"]` : `${text}]`;
}

/**
 * Reads the parameters of an element that `formatTrail` wrote. The text comes from the network: it
 * may be anything. @returns undefined if any of it is not what `formatTrail` writes
 */
export function readTrail(params: readonly StructuredParam[]): Trail | undefined {
  const read = new Params(params);
  const id = read.text('id');
  const at = read.time('at');
  const from = read.text('from');
  const flags = read.list('flags');
  const source = {
    ip: read.text('ip') ?? '',
    port: read.whole('port', 65_535) ?? -1,
    listener: read.text('in') ?? '',
  };
  const transport = read.choice('via', TRANSPORTS);
  const cn = read.text('cn');
  const format = read.choice('was', FORMATS);
  const zone = read.choice('zone', ['none']);
  const length = read.whole('len', 2 ** 32 - 1);
  const names: Partial<Record<HeaderName, string>> = {};
  for (const name of HEADER_NAMES) {
    const value = read.text(NAMES[name]);
    if (value !== undefined) names[name] = value;
  }
  const fields = fieldsOf(read.text('fields'));
  const raw = read.base64('raw');
  const relays = read.all('relay');
  const by = read.all('by');
  const hops = read.whole('hops', 999);
  const again = read.choice('again', ['1']);
  if (!read.isComplete || fields === null || !flags.every(isFlag) || relays.length + by.length > 2 * MAX_RELAYS)
    return undefined;
  if (id === undefined || !decodeId(id) || at === undefined || !from || !format || !hops) return undefined;
  if (source.port < 0 || !transport) return undefined;
  return {
    ...{ id, from, at, flags: flags as Flag[], format, names, relays, by, hops },
    source: { ...source, transport, ...(cn !== undefined && { peer_cn: cn }) },
    zoneless: zone !== undefined || flags.includes('tz_assumed'),
    ...(length !== undefined && { length }),
    ...(raw !== undefined && { raw }),
    ...(fields !== undefined && { fields }),
    again: again !== undefined,
  };
}

/** The element that the receiver keeps in place of the trail. */
export function formatPassage({ relays, by, listener, at }: Passage): string {
  return `[${TRAIL_ID}${params('relay', relays)}${params('by', by)}${param('in', listener)} at="${iso(at)}"]`;
}

/** What `formatPassage` wrote into a stored message; undefined if it was not forwarded to this server. */
export function passageOf(message: Pick<LogMessage, 'structured_data' | 'structured_text'>): Passage | undefined {
  if (!message.structured_data || !Object.hasOwn(message.structured_data, TRAIL_ID)) return undefined;
  const [first] = parseStructuredData(structuredText(message)!);
  return first?.id === TRAIL_ID ? readPassage(first.params) : undefined;
}

function readPassage(params: readonly StructuredParam[]): Passage | undefined {
  const read = new Params(params);
  const relays = read.all('relay');
  const by = read.all('by');
  const listener = read.text('in');
  const at = read.time('at');
  if (!read.isComplete || listener === undefined || at === undefined || relays.length === 0) return undefined;
  return relays.length + by.length <= 2 * MAX_RELAYS ? { relays, by, listener, at } : undefined;
}

/** Fields as the list of their names and values, which keeps any order; null if the text is something else. */
function fieldsOf(text: string | undefined): Fields | undefined | null {
  if (text === undefined) return undefined;
  try {
    const entries: unknown = JSON.parse(text);
    return Array.isArray(entries) && entries.every(isField) ? (Object.fromEntries(entries) as Fields) : null;
  } catch {
    return null;
  }
}

function isField(entry: unknown): boolean {
  if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== 'string') return false;
  return isFieldValue(entry[1]) || (Array.isArray(entry[1]) && entry[1].every(isFieldValue));
}

function isFieldValue(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

function isFlag(flag: string): boolean {
  return (FLAGS as readonly string[]).includes(flag);
}

function params(name: string, values: readonly string[]): string {
  return values.map((value) => param(name, value)).join('');
}

function param(name: string, value: string): string {
  return ` ${name}="${escaped(value)}"`;
}

/** The last time that was written: messages of a batch arrived at the same one. */
let lastAt = Number.NaN;
let lastText = '';

function iso(at: number): string {
  if (at !== lastAt) {
    lastAt = at;
    lastText = new Date(at).toISOString();
  }
  return lastText;
}

/** A PARAM-VALUE (RFC 5424 §6.3.3). */
function escaped(value: string): string {
  return /["\\\]]/.test(value) ? value.replace(/["\\\]]/g, '\\$&') : value;
}
