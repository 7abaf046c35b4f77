import { SPAN } from '../model/batch.ts';
import { BIT, FORMAT } from './bits.ts';
import { apply, readHeader, tagOnly } from './headers/header.ts';
import { hostAt } from './headers/host.ts';
import { readLastResort } from './headers/last-resort.ts';
import { readAnyStamp } from './headers/lenient-stamp.ts';
import type { ParseState } from './parse-state.ts';
import { readRfc5424 } from './rfc5424.ts';
import { tagAt, wordOf } from './headers/tag.ts';

/** An RFC 5424 header that `readRfc5424` could not read. */
const BROKEN_HEADER = /^\d{1,3} (?:- |\d{4}-\d)/;
/** An RFC 5424 header after a relay's. */
const RELAYED = /^(?:<(\d{1,3})>)?\d{1,3} (?:- |\d{4}-\d\d-\d\dT)/;
/** A tag that is unmistakable even without a stamp before it. */
const SURE_TAG = /^(?:[\w./()-]{1,64}\[\d{0,10}\]: |\*?%[A-Z%])/;

/**
 * Reads the text after PRI if the strict readers could not: any header that devices write (RFC 3164
 * §4.3), or else the whole text as the message. Without PRI and without a stamp, there is no
 * header.
 */
export function readLenient(state: ParseState, at: number, hasPriority: boolean): void {
  if (readRelayed(state, at)) return;
  const header = readHeader(state, at);
  if (header !== undefined && (hasPriority || header.stamp !== undefined)) {
    apply(state, header);
    return;
  }
  if (hasPriority && readTagged(state, at)) return;
  state.reset();
  if (readLastResort(state, at)) return;
  state.reset();
  state.batch.format[state.row] = FORMAT.unknown;
  state.flags |= BIT.noTimestamp;
  if (BROKEN_HEADER.test(state.head(at))) state.flags |= BIT.parseError;
  state.hostIsPeer(SPAN.hostname);
  state.message(at);
}

/** Reads RFC 5424 behind the stamp and the host of a relay. */
function readRelayed(state: ParseState, at: number): boolean {
  const p = readAnyStamp(state, at);
  const relay = p < 0 ? undefined : hostAt(state, p + 1);
  if (relay === undefined) return false;
  const match = RELAYED.exec(state.head(relay.next));
  if (match === null || Number(match[1] ?? 0) > 191) return false;
  const priority = state.batch.priority[state.row]!;
  if (match[1] !== undefined) state.batch.priority[state.row] = Number(match[1]);
  const from = relay.next + (match[1] === undefined ? 0 : match[1].length + 2);
  const read = readRfc5424(state, from);
  if (!read || (match[1] === undefined && (state.flags & BIT.parseError) !== 0)) {
    state.batch.priority[state.row] = priority;
    state.reset();
    return false;
  }
  const { host } = relay;
  if (host === undefined) return true;
  if ((state.flags & BIT.noHostname) !== 0) {
    state.flags &= ~BIT.noHostname;
    state.set(SPAN.hostname, host.from, host.to);
  } else if (state.batch.text(state.row, SPAN.hostname) !== wordOf(state, host)) {
    state.keepRaw = true;
  }
  return true;
}

/** Reads a header without a stamp, but with an unmistakable tag. */
function readTagged(state: ParseState, at: number): boolean {
  if (!SURE_TAG.test(state.head(at))) return false;
  const tag = tagAt(state, at);
  if (tag === undefined) return false;
  apply(state, tagOnly(tag));
  return true;
}
