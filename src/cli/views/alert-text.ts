import { formatDuration } from '../../base/units.ts';
import type { AlertRow } from '../../ask/contract.ts';
import { visible } from '../io/escape.ts';
import { stampsIn } from './stamps.ts';
import type { ZoneName } from '../args/zone.ts';

type Row<Key extends string> = Extract<AlertRow, Record<Key, unknown>>;
export type AlertTextOptions = { readonly zone: ZoneName; readonly now: number };

/** Rows about alerts for people; each text ends with a line end. */
export function alertText({ zone, now }: AlertTextOptions): (row: AlertRow) => string {
  const time = stampsIn(zone).short;
  return (row) => {
    if ('notice' in row) return letterText(row, time);
    if ('ticks' in row) return testText(row);
    if ('digest' in row) return `${row.digest.subject}\n\n${row.digest.text}`;
    if ('outbox' in row) return outboxText(row.outbox, now, time);
    if ('mutedUntil' in row)
      return `nobody is told anything until ${time(row.mutedUntil)}: cordwood alert mute 0s ends it\n`;
    return 'rule' in row ? ruleText(row, now, time) : '';
  };
}

type Time = (ms: number) => string;

/** What is wrong with telling people stands above all else. */
function outboxText(
  { waiting, since, failure, nextAt, refused, lastRefused }: Row<'outbox'>['outbox'],
  now: number,
  time: Time,
): string {
  const lines: string[] = [];
  if (waiting > 0) {
    const those = waiting === 1 ? 'a notice waits' : `${waiting} notices wait`;
    const why = failure ?? 'no more may be sent for now (mail.max_per_hour), or no server runs';
    lines.push(`NOT SENT  ${those} since ${time(since!)}, for ${formatDuration(Math.max(0, now - since!))}: ${why}`);
    if (nextAt !== undefined) lines.push(`          next try at ${time(nextAt)}`);
  }
  if (lastRefused) {
    const what = refused === 1 ? 'a notice was' : `${refused} notices were`;
    const { recipient, at, failure: reason } = lastRefused;
    lines.push(`REFUSED   ${what} refused for good, the last to ${recipient} at ${time(at)}: ${reason}`);
    lines.push('          mend it, then cordwood alert retry');
  }
  return `${lines.join('\n')}\n\n`;
}

function ruleText(row: Row<'schedule'>, now: number, time: Time): string {
  const { rule, incident, condition, schedule, tick, silencedUntil, waiting, failure } = row;
  const state = incident ? (incident.state === 'open' ? 'FIRING' : 'PENDING') : tick === undefined ? 'NEW' : 'ok';
  const lines = [`${state.padEnd(8)}${rule}: ${condition}, judged at ${schedule}`];
  if (incident) {
    const known = incident.acknowledged;
    const who = known
      ? `, known since ${time(known.at)}${known.note === undefined ? '' : ` (${visible(known.note)})`}`
      : '';
    const since = `for ${formatDuration(now - incident.since)}, since ${time(incident.since)}`;
    lines.push(`        ${incident.id}: ${incident.total} matches ${since}${who}`);
  }
  if (silencedUntil !== undefined) lines.push(`        nobody is told until ${time(silencedUntil)}`);
  if (waiting > 0) lines.push(`        ${waiting} not sent yet${failure === undefined ? '' : `: ${failure}`}`);
  return `${lines.join('\n')}\n`;
}

function letterText({ subject, text, recipient, state, sentAt, failure, tries }: Row<'notice'>, time: Time): string {
  const when = sentAt === undefined ? `not sent after ${tries} tries` : `${state} ${time(sentAt)}`;
  const body = text.trimEnd().replace(/^/gm, '  ');
  return `to ${recipient}, ${when}${failure === undefined ? '' : `: ${failure}`}\n${subject}\n${body}\n\n`;
}

function testText({ ticks, mails, days, threshold }: Row<'ticks'>): string {
  const perWeek = ((mails / Math.max(days, 1)) * 7).toFixed(1);
  const first = `${mails} ${mails === 1 ? 'mail' : 'mails'} in ${days.toFixed(1)} days (${perWeek} a week), ${ticks} times judged`;
  const few = threshold && mails <= Math.max(1, days / 7) * threshold.perWeek;
  const hint =
    threshold && !few ? `\nabove: ${threshold.above} would give at most ${threshold.perWeek} mails a week` : '';
  return `${first}${hint}\n`;
}
