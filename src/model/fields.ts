import { FIELD_NAMES, type FieldName, LINE, LINE_TEXTS } from './filter.ts';
import type { FieldValue, LogMessage } from './message.ts';
import { pairsOf, valuesOf } from './named-values.ts';
import { FACILITIES, SEVERITIES } from './priority.ts';

/** The meaning of a field's name. */
export type FieldRef =
  | { readonly kind: 'known'; readonly name: FieldName }
  /** A parameter of structured data; without a name, the element itself. */
  | { readonly kind: 'sd'; readonly id: string; readonly name?: string }
  /** One of `fields`. */
  | { readonly kind: 'field'; readonly name: string };

/**
 * How the values of a field compare: `number` by range, `time` in ms, `priority` by code and by
 * name, `text` case-folded.
 */
export type FieldType = 'text' | 'number' | 'time' | 'priority';

/** A value of a field: times in ms, facility and severity as codes. */
export type Value = string | number;

const TYPES: Readonly<Partial<Record<FieldName, FieldType>>> = {
  received_at: 'time',
  timestamp: 'time',
  facility: 'priority',
  severity: 'priority',
  version: 'number',
  'source.port': 'number',
  length: 'number',
};

/**
 * Reads a field's name: one of `FIELD_NAMES`, `sd.<id>`, `sd.<id>.<name>` (split at the last dot),
 * `sd."<id>"` and `sd."<id>"."<name>"` for names with dots, or `fields.<name>`. Undefined for
 * anything else.
 */
export function parseFieldName(text: string): FieldRef | undefined {
  if ((FIELD_NAMES as readonly string[]).includes(text)) return { kind: 'known', name: text as FieldName };
  if (text.startsWith('fields.') && text.length > 7) return { kind: 'field', name: text.slice(7) };
  if (!text.startsWith('sd.')) return undefined;
  const quoted = /^sd\."([^"]+)"(?:\."([^"]+)"|\.([^".]+))?$/.exec(text) ?? /^sd\.([^"]+)\."([^"]+)"$/.exec(text);
  if (quoted) return sdRef(quoted[1]!, quoted[2] ?? quoted[3]);
  const plain = /^sd\.(?:([^"]+)\.)?([^".]+)$/.exec(text);
  if (!plain) return undefined;
  return plain[1] === undefined ? sdRef(plain[2]!) : sdRef(plain[1], plain[2]!);
}

/**
 * The name of an element of structured data, or of one of its parameters, as `parseFieldName` reads
 * it.
 */
export function sdFieldName(id: string, name?: string): string {
  if (name === undefined) return id.includes('.') ? `sd."${id}"` : `sd.${id}`;
  return name.includes('.') ? `sd."${id}"."${name}"` : `sd.${id}.${name}`;
}

/** How the values of a field compare. A field without a schema is text, which may be a number. */
export function fieldType(field: string): FieldType {
  return (Object.hasOwn(TYPES, field) && TYPES[field as FieldName]) || 'text';
}

/**
 * Returns a function that reads the values of a field: none if it is absent or null, several for
 * `flags` and for repeated parameters. Times are in ms, facility and severity are codes, and
 * `sd.<id>` gives the id. An invalid name has no values.
 */
export function valueReader(field: string): (message: LogMessage) => readonly Value[] {
  if (field === LINE) return lineValues;
  const ref = parseFieldName(field);
  if (!ref) return () => [];
  switch (ref.kind) {
    case 'known':
      return KNOWN[ref.name];
    case 'sd':
      return sdReader(ref.id, ref.name);
    case 'field':
      return (message) => valuesOf(message.fields, ref.name).flatMap(valueIn);
  }
}

/** The values of `LINE`; also of a message of which only some columns are known. */
function lineValues(message: LogMessage): Value[] {
  const values: Value[] = [];
  for (const name of LINE_TEXTS) {
    const value = message[name];
    if (value !== undefined) values.push(value);
  }
  for (const params of Object.values(message.structured_data ?? {})) {
    for (const { value } of pairsOf(params)) values.push(value);
  }
  for (const { value } of pairsOf(message.fields ?? {})) values.push(...valueIn(value));
  return values;
}

/** The names of all fields that a message has, each once. */
export function fieldsOf(message: LogMessage): string[] {
  const names: string[] = FIELD_NAMES.filter((name) => KNOWN[name](message).length > 0);
  for (const [id, params] of Object.entries(message.structured_data ?? {})) {
    const own = Object.keys(params);
    names.push(...(own.length > 0 ? own.map((name) => sdFieldName(id, name)) : [sdFieldName(id)]));
  }
  for (const { name, value } of pairsOf(message.fields ?? {})) if (value !== null) names.push(`fields.${name}`);
  return [...new Set(names)];
}

/** A value for people: facility and severity as names, times as ISO 8601. */
export function valueText(field: string, value: Value): string {
  if (typeof value === 'string') return value;
  if (field === 'facility') return FACILITIES[value] ?? String(value);
  if (field === 'severity') return SEVERITIES[value] ?? String(value);
  return fieldType(field) === 'time' ? new Date(value).toISOString() : String(value);
}

function sdRef(id: string, name?: string): FieldRef {
  return name === undefined ? { kind: 'sd', id } : { kind: 'sd', id, name };
}

function sdReader(id: string, name: string | undefined): (message: LogMessage) => readonly Value[] {
  return (message) => {
    const { structured_data: structured } = message;
    if (structured === undefined || !Object.hasOwn(structured, id)) return [];
    return name === undefined ? [id] : valuesOf(structured[id], name);
  };
}

/** The value of one of `fields` for conditions; none for null. */
function valueIn(value: FieldValue): readonly Value[] {
  if (value === null) return [];
  return [typeof value === 'boolean' ? String(value) : value];
}

function present<T extends Value>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}

const KNOWN: Readonly<Record<FieldName, (message: LogMessage) => readonly Value[]>> = {
  _id: (message) => [message._id],
  received_at: (message) => [message.received_at.getTime()],
  timestamp: (message) => [message.timestamp.getTime()],
  facility: (message) => [message.facility],
  severity: (message) => [message.severity],
  level: (message) => [message.level],
  hostname: (message) => present(message.hostname),
  appname: (message) => present(message.appname),
  procid: (message) => present(message.procid),
  msgid: (message) => present(message.msgid),
  version: (message) => present(message.version),
  message: (message) => [message.message],
  'source.ip': (message) => [message.source.ip],
  'source.port': (message) => [message.source.port],
  'source.transport': (message) => [message.source.transport],
  'source.listener': (message) => [message.source.listener],
  'source.peer_cn': (message) => present(message.source.peer_cn),
  stream: (message) => [message.stream],
  format: (message) => [message.format],
  flags: (message) => message.flags,
  length: (message) => present(message.length),
};

/** Messages by the names of their fields, for `atMost` names and one more: that many tell that there are more. */
export class FieldCounts {
  readonly atMost: number;
  readonly #counts = new Map<string, number>();

  constructor(atMost = Infinity) {
    this.atMost = atMost;
  }

  /** Adds messages that have a field. A new name beyond the limit is left out. */
  add(name: string, messages: number): void {
    const count = this.#counts.get(name);
    if (count !== undefined) this.#counts.set(name, count + messages);
    else if (this.#counts.size <= this.atMost) this.#counts.set(name, messages);
  }

  /** Adds a message with these fields. */
  addMessage(names: readonly string[]): void {
    for (const name of names) this.add(name, 1);
  }

  names(): { name: string; count: number }[] {
    return Array.from(this.#counts, ([name, count]) => ({ name, count }));
  }
}
