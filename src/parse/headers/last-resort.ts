import { createRequire } from 'node:module';
import type syslogParse from 'syslog-parse';
import { SPAN } from '../../model/batch.ts';
import { BIT, FORMAT } from '../bits.ts';
import { readAnyStamp } from './lenient-stamp.ts';
import { isHost } from '../names.ts';
import type { ParseState } from '../parse-state.ts';
import { tagAt } from './tag.ts';

/**
 * How many bytes are searched, and how far into them a date may begin: one further in belongs to
 * the text.
 */
const HEAD = 512;
const DEEPEST = 40;
const DATE = /(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\s+\d{1,2}\s+\d\d:\d\d:\d\d/i;

type Parse = typeof syslogParse;
let loaded: Parse | undefined;

/**
 * Finds host and process with `syslog-parse`, for a text that our own grammar does not know; they
 * count only if `names.ts` agrees. Its time (it uses the current one if the line has none) and its priority (it accepts 999)
 * are not used. The frame is kept, because the bytes before the date are in no field. @returns
 * false if `syslog-parse` cannot read it either
 */
export function readLastResort(state: ParseState, at: number): boolean {
  const date = DATE.exec(state.head(at));
  if (date === null || date.index > DEEPEST) return false;
  const head = state.batch.arena.toString('latin1', at, Math.min(at + HEAD, state.end));
  const rest = date.index + date[0].length;
  const found = parse()(head);
  const process = found?.process ?? '';
  if (found === undefined || process === '' || (found.host !== '' && !isHost(found.host))) return false;
  const host = found.host === '' ? -1 : head.indexOf(found.host, rest);
  const name = head.indexOf(process, host < 0 ? rest : host + found.host.length);
  if (name < 0 || (found.host !== '' && host < 0)) return false;
  const tag = tagAt(state, at + name);
  if (tag === undefined) return false;
  state.batch.format[state.row] = FORMAT.rfc3164;
  if (readAnyStamp(state, at + date.index) >= 0) state.takeStamp();
  else state.flags |= BIT.noTimestamp;
  state.flags |= BIT.parseError;
  if (host < 0) state.hostIsPeer(SPAN.hostname);
  else state.set(SPAN.hostname, at + host, at + host + found.host.length);
  state.set(SPAN.appname, tag.program.from, tag.program.to);
  if (tag.pid !== undefined) state.set(SPAN.procid, tag.pid.from, tag.pid.to);
  state.message(tag.text);
  return true;
}

/** Loads the package at the first line that needs it, so that it does not slow down the start. */
function parse(): Parse {
  loaded ??= (createRequire(import.meta.url)('syslog-parse') as { default: Parse }).default;
  return loaded;
}
