import { createRequire } from 'node:module';
import type syslogParse from 'syslog-parse';
import { SPAN } from '../model/batch.ts';
import { BIT, FORMAT } from './bits.ts';
import { pidEnd } from './bsd.ts';
import { readAnyStamp } from './lenient-stamp.ts';
import type { ParseState } from './parse-state.ts';

const OPEN = 0x5b;
const COLON = 0x3a;
const SPACE = 0x20;
/** Bytes that are looked at, and how far into them a date may lie: one deeper in belongs to the text. */
const HEAD = 512;
const DEEPEST = 40;
const DATE = /(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\s+\d{1,2}\s+\d\d:\d\d:\d\d/i;

type Parse = typeof syslogParse;
let loaded: Parse | undefined;

/**
 * What `syslog-parse` makes of a text that our own grammar does not know: host, process, pid and message. Its time
 * (it fills in now) and its priority (it takes 999) are never used. The frame is kept beside, since what comes before
 * the date is in no field. @returns false where it knows no better
 */
export function readLastResort(state: ParseState, at: number): boolean {
  const date = DATE.exec(state.head(at));
  if (date === null || date.index > DEEPEST) return false;
  const head = state.batch.arena.toString('latin1', at, Math.min(at + HEAD, state.end));
  const rest = date.index + date[0].length;
  const found = parse()(head);
  const process = found?.process ?? '';
  if (found === undefined || process === '') return false;
  const host = found.host === '' ? -1 : head.indexOf(found.host, rest);
  const name = head.indexOf(process, host < 0 ? rest : host + found.host.length);
  if (name < 0 || (found.host !== '' && host < 0)) return false;
  state.batch.format[state.row] = FORMAT.rfc3164;
  if (readAnyStamp(state, at + date.index) >= 0) state.takeStamp();
  else state.flags |= BIT.noTimestamp;
  state.flags |= BIT.parseError;
  if (host < 0) state.hostIsPeer(SPAN.hostname);
  else state.set(SPAN.hostname, at + host, at + host + found.host.length);
  readProcess(state, at + name, at + name + process.length);
  return true;
}

/** The process's name is [from, to); its number and the message follow. */
function readProcess(state: ParseState, from: number, to: number): void {
  const { bytes, end } = state;
  let p = to;
  state.set(SPAN.appname, from, to);
  if (bytes[p] === OPEN) {
    const close = pidEnd(bytes, p + 1, end);
    if (close > 0) {
      state.set(SPAN.procid, p + 1, close);
      p = close + 1;
    }
  }
  if (p < end && bytes[p] === COLON) p++;
  state.message(p < end && bytes[p] === SPACE ? p + 1 : p);
}

/** Loaded at the first line that needs it, so that a start does not pay for it. */
function parse(): Parse {
  loaded ??= (createRequire(import.meta.url)('syslog-parse') as { default: Parse }).default;
  return loaded;
}
