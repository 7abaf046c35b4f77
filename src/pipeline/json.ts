import { SPAN } from '../model/batch.ts';
import type { Field, FieldValue } from '../model/message.ts';
import type { OpenStage } from './contract.ts';
import { matchOf } from './match.ts';
import type { StageRows } from './stage-rows.ts';
import type { JsonSettings } from './settings.ts';

/** What a body may hold beyond which it stays what it was: a text. */
const MAX_FIELDS = 256;
const MAX_DEPTH = 16;
/** The cookie of the Common Event Expression, which rsyslog's and syslog-ng's writers put before the object. */
const COOKIE = Buffer.from('@cee:');
const OPEN_BRACE = 0x7b;
const SPACE = 0x20;

/**
 * Takes the members of a body that is a JSON object, `@cee:` before it or not, into `fields`: those of objects within
 * it by their path (`http.status`), lists as JSON. What is no such object stays as it is.
 */
export const openJson: OpenStage<JsonSettings> = ({ match, message }, { counter }) => {
  const matches = matchOf(match);
  return {
    rewrites: true,
    run(rows) {
      let changed = 0;
      for (let row = 0; row < rows.batch.count; row++) {
        if (!rows.isStored(row) || startOf(rows, row) < 0 || !matches(rows, row)) continue;
        if (takeFields(rows, row, message)) changed++;
      }
      counter.add(changed);
    },
  };
};

/** Where the object begins in the text, -1 where there is none. */
function startOf(rows: StageRows, row: number): number {
  const bytes = rows.bytes(row, SPAN.message);
  let at = 0;
  while (bytes[at] === SPACE) at++;
  if (bytes[at] === COOKIE[0] && bytes.subarray(at, at + COOKIE.length).equals(COOKIE)) at += COOKIE.length;
  while (bytes[at] === SPACE) at++;
  return bytes[at] === OPEN_BRACE ? at : -1;
}

function takeFields(rows: StageRows, row: number, key: string | undefined): boolean {
  const body = readObject(rows.bytes(row, SPAN.message).toString('utf8', startOf(rows, row)));
  if (!body) return false;
  const fields: Field[] = [];
  if (!flatten(body, '', fields, 0) || fields.length === 0) return false;
  const text = fields.find(({ name, value }) => name === key && typeof value === 'string');
  const earlier = rows.has(row, SPAN.fields) ? (JSON.parse(rows.bytes(row, SPAN.fields).toString()) as Field[]) : [];
  const others = [...earlier, ...fields.filter((field) => field !== text)];
  // First the fields: where these have no room, the body is still there.
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

/** A number that a double does not hold exactly stays the text it was. */
function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  const unsafe = Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value);
  return unsafe ? context.source : value;
}

/** @returns false where it is too deep, or too much */
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
