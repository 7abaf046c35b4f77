import { ABSENT, NOT_SENT, SPAN } from '../../model/batch.ts';
import { writeFields } from '../../model/field-texts.ts';
import { FORMATS, flagBit } from '../../model/message.ts';
import type { Trail } from '../../relay/contract.ts';
import { formatPassage, nonceOfFrom } from '../../relay/index.ts';
import type { StageRows } from '../stage-rows.ts';

const NO_TIMESTAMP = flagBit('no_timestamp');
const NO_HOSTNAME = flagBit('no_hostname');
const TRUNCATED = flagBit('truncated');
const DUPLICATE = flagBit('possible_duplicate');
const RFC5424 = FORMATS.indexOf('rfc5424');

/** What a relay says of a row's message, and what it leaves of the structured data. */
export type Relayed = {
  readonly trail: Trail;
  /** The name of the relay, and the listener here. */
  readonly relay: string;
  readonly listener: string;
  /** The message's own elements, as received. */
  readonly own: Uint8Array;
};

/**
 * Gives a row what the message had where it first arrived, and replaces the trail by the passage. The source is not
 * changed here. @returns false if the arena has no room; the row is then unchanged in part, and whole as it was received
 */
export function restoreRow(rows: StageRows, row: number, relayed: Relayed): boolean {
  const { trail } = relayed;
  if (!putTexts(rows, row, relayed)) return false;
  const { batch } = rows;
  const cut = batch.flags[row]! & TRUNCATED;
  const guessed = (batch.flags[row]! & NO_HOSTNAME) !== 0;
  if (guessed && trail.names.hostname === undefined) rows.remove(row, SPAN.hostname);
  if (trail.raw === undefined) rows.remove(row, SPAN.raw);
  const flags = trail.flags.reduce((bits, flag) => bits | flagBit(flag), 0);
  batch.flags[row] = flags | cut | (trail.again ? DUPLICATE : 0);
  batch.format[row] = FORMATS.indexOf(trail.format);
  if (batch.format[row] !== RFC5424) batch.version[row] = 0;
  if (trail.length !== undefined && cut === 0) batch.originalLength[row] = trail.length;
  if (flags & NO_TIMESTAMP) {
    batch.timestamp[row] = trail.at;
    batch.timestampUs[row] = NOT_SENT;
  }
  if (trail.zoneless) batch.timestampOffset[row] = NOT_SENT;
  rows.changed(row);
  return true;
}

/** Puts all texts, or none. */
function putTexts(rows: StageRows, row: number, { trail, relay, listener, own }: Relayed): boolean {
  const { names, fields, raw } = trail;
  const { at } = trail;
  const passage = { relays: [...trail.relays, relay], by: [...trail.by, nonceOfFrom(trail.from)], listener, at };
  const texts: [span: number, text: Uint8Array | undefined][] = [
    [SPAN.structuredData, Buffer.concat([Buffer.from(formatPassage(passage)), own])],
    [SPAN.hostname, textOf(names.hostname)],
    [SPAN.appname, textOf(names.appname)],
    [SPAN.procid, textOf(names.procid)],
    [SPAN.msgid, textOf(names.msgid)],
    [SPAN.fields, fields && Buffer.from(writeFields(fields))],
    [SPAN.raw, raw],
  ];
  const { batch } = rows;
  const needed = texts.reduce((sum, [, text]) => sum + (text?.length ?? 0), 0);
  if (batch.used + needed > batch.arena.length) return false;
  for (const [span, text] of texts) {
    if (text === undefined) continue;
    const offset = batch.put(text);
    if (offset !== ABSENT) batch.setSpan(row, span, offset, text.length);
  }
  return true;
}

function textOf(name: string | undefined): Uint8Array | undefined {
  return name === undefined ? undefined : Buffer.from(name);
}
