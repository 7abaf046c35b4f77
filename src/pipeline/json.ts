import { SPAN } from '../model/batch.ts';
import type { Field, FieldValue } from '../model/message.ts';
import type { OpenStage } from './contract.ts';
import { matchOf } from './match.ts';
import type { StageRows } from './stage-rows.ts';
import type { JsonSettings } from './settings.ts';

/** A body with more fields, or nested more deeply, stays a text. */
const MAX_FIELDS = 256;
const MAX_DEPTH = 16;
/** The cookie of the Common Event Expression, which rsyslog and syslog-ng write before the object. */
const COOKIE = Buffer.from('@cee:');
const OPEN_BRACE = 0x7b;
const SPACE = 0x20;

/**
 * Copies the members of a body that is a JSON object, with or without `@cee:` before it, to
 * `fields`. Members of nested objects are named by their path (`http.status`), lists become JSON
 * texts. Other bodies stay unchanged.
 */
export const openJson: OpenStage<JsonSettings> = ({ match, message }, { counter }) => {
  const matches = matchOf(match);
  return {
    rewrites: true,
    run(rows) {
      let changed = 0;
      for (let row = 0; row < rows.batch.count; row++) {
        if (!rows.isStored(row) || startOf(rows, row) < 0 || !matches(rows, row)) continue;
        if (extractFields(rows, row, message)) changed++;
      }
      counter.add(changed);
    },
  };
};

/** Where the object begins in the text; -1 if there is none. */
function startOf(rows: StageRows, row: number): number {
  const bytes = rows.bytes(row, SPAN.message);
  let at = 0;
  while (bytes[at] === SPACE) at++;
  if (bytes[at] === COOKIE[0] && bytes.subarray(at, at + COOKIE.length).equals(COOKIE)) at += COOKIE.length;
  while (bytes[at] === SPACE) at++;
  return bytes[at] === OPEN_BRACE ? at : -1;
}

/** @param key the member whose text becomes the message. @returns whether the row has changed */
function extractFields(rows: StageRows, row: number, key: string | undefined): boolean {
  const body = readObject(rows.bytes(row, SPAN.message).toString('utf8', startOf(rows, row)));
  if (!body) return false;
  const fields: Field[] = [];
  if (!flatten(body, '', fields, 0) || fields.length === 0) return false;
  const text = fields.find(({ name, value }) => name === key && typeof value === 'string');
  const earlier = rows.has(row, SPAN.fields) ? (JSON.parse(rows.bytes(row, SPAN.fields).toString()) as Field[]) : [];
  const others = [...earlier, ...fields.filter((field) => field !== text)];
  // The fields first: if the arena has no room for them, the body is still complete.
  if (others.length > 0 && !rows.replace(row, SPAN.fields, Buffer.from(JSON.stringify(others)))) return false;
  if (text) rows.replace(row, SPAN.message, Buffer.from(String(text.value)));
  return true;
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text, exactNumber) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Keeps a number as text if a double cannot hold it exactly. */
function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  const unsafe = Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value);
  return unsafe ? context.source : value;
}

/** @returns false if the object has too many levels or fields */
function flatten(value: Record<string, unknown>, prefix: string, into: Field[], depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  for (const [key, member] of Object.entries(value)) {
    const name = prefix + key;
    if (isObject(member)) {
      if (!flatten(member, `${name}.`, into, depth + 1)) return false;
      continue;
    }
    if (into.push({ name, value: fieldValue(member) }) > MAX_FIELDS) return false;
  }
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldValue(member: unknown): FieldValue {
  return Array.isArray(member) ? JSON.stringify(member) : (member as FieldValue);
}
