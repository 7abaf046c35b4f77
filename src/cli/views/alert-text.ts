import { countOf } from '../../base/text.ts';
import { DAY, formatDuration, MINUTE } from '../../base/units.ts';
import type { AlertRow } from '../../ask/contract.ts';
import type { ZoneName } from '../args/zone.ts';
import { visible } from '../io/escape.ts';
import { stampsIn } from './stamps.ts';

type Row<Key extends string> = Extract<AlertRow, Record<Key, unknown>>;
export type AlertTextOptions = { readonly zone: ZoneName; readonly now: number };

/** Rows about alerts for people; each text ends with a line feed. */
export function alertText({ zone, now }: AlertTextOptions): (row: AlertRow) => string {
  const time = stampsIn(zone).short;
  return (row) => {
    if ('notice' in row) return noticeText(row, time);
    if ('ticks' in row) return backtestText(row);
    if ('digest' in row) return `${row.digest.subject}\n\n${row.digest.text}`;
    if ('outbox' in row) return outboxText(row.outbox, now, time);
    if ('mutedUntil' in row)
      return `all notices are muted until ${time(row.mutedUntil)}; to end it: cordwood alert mute 0s\n`;
    return 'rule' in row ? ruleText(row, now, time) : '';
  };
}

type Time = (ms: number) => string;

/** Shown first: while notices cannot be sent, alerts reach no one. */
function outboxText(
  { waiting, since, failure, nextAt, refused, lastRefused }: Row<'outbox'>['outbox'],
  now: number,
  time: Time,
): string {
  const lines: string[] = [];
  if (waiting > 0) {
    const notices = `${countOf(waiting, 'notice')} ${waiting === 1 ? 'has' : 'have'} been waiting`;
    const reason = failure ?? 'the limit mail.max_per_hour is reached, or no server is running';
    const age = formatDuration(Math.max(0, now - since!));
    lines.push(`NOT SENT  ${notices} since ${time(since!)} (${age}): ${reason}`);
    if (nextAt !== undefined) lines.push(`          next try at ${time(nextAt)}`);
  }
  if (lastRefused) {
    const notices = `${countOf(refused, 'notice')} rejected for good`;
    const { recipient, at, failure: reason } = lastRefused;
    lines.push(`REJECTED  ${notices}, the last for ${recipient} at ${time(at)}: ${reason}`);
    lines.push('          once the cause is fixed, send them: cordwood alert retry');
  }
  return `${lines.join('\n')}\n\n`;
}

function ruleText(row: Row<'schedule'>, now: number, time: Time): string {
  const { rule, incident, condition, schedule, tick, silencedUntil, waiting, failure } = row;
  const state = incident ? (incident.state === 'open' ? 'FIRING' : 'PENDING') : tick === undefined ? 'NEW' : 'ok';
  const lines = [`${state.padEnd(8)}${rule}: ${condition}, judged at ${schedule}`];
  if (incident) {
    const { id, total, since, acknowledged } = incident;
    const note = acknowledged?.note === undefined ? '' : ` (${visible(acknowledged.note)})`;
    const known = acknowledged ? `, acknowledged ${time(acknowledged.at)}${note}` : '';
    const age = formatDuration(now - since);
    lines.push(`        ${id}: ${countOf(total, 'match', 'matches')} since ${time(since)} (${age})${known}`);
  }
  if (silencedUntil !== undefined) lines.push(`        silenced until ${time(silencedUntil)}`);
  if (waiting > 0) {
    const reason = failure === undefined ? '' : `: ${failure}`;
    lines.push(`        ${countOf(waiting, 'notice')} not sent yet${reason}`);
  }
  return `${lines.join('\n')}\n`;
}

function noticeText({ subject, text, recipient, state, sentAt, failure, tries }: Row<'notice'>, time: Time): string {
  const when = sentAt === undefined ? `not sent after ${countOf(tries, 'try', 'tries')}` : `${state} ${time(sentAt)}`;
  const body = text.trimEnd().replace(/^/gm, '  ');
  return `to ${recipient}, ${when}${failure === undefined ? '' : `: ${failure}`}\n${subject}\n${body}\n\n`;
}

function backtestText({ ticks, mails, days, threshold }: Row<'ticks'>): string {
  const perWeek = ((mails / Math.max(days, 1)) * 7).toFixed(1);
  const judged = `judged ${countOf(ticks, 'time')}`;
  // Less than a day says nothing of a week.
  const over =
    days < 1 ? formatDuration(Math.max(MINUTE, Math.round((days * DAY) / MINUTE) * MINUTE)) : `${days.toFixed(1)} days`;
  const first = `${countOf(mails, 'mail')} in ${over}${days < 1 ? '' : ` (${perWeek} a week)`}, ${judged}`;
  const few = threshold && mails <= Math.max(1, days / 7) * threshold.perWeek;
  const hint =
    threshold && !few ? `\nabove: ${threshold.above} would send at most ${threshold.perWeek} mails a week` : '';
  return `${first}${hint}\n`;
}
