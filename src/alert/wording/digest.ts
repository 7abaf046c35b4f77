import { formatBytes } from '../../base/units.ts';
import type { Notice, OutboxRow } from '../contract.ts';
import { cut, timeOf, type Wording } from './words.ts';
import type { DigestReport, DiskReport, Talker, Top } from '../digest/report.ts';

/** Characters of a name that comes from a log. */
const MAX_NAME = 80;

type Section = { readonly title: string; readonly lines: readonly string[] };
type Time = (ms: number) => string;

/** A digest in words: that we are alive, what is wrong, and then what the day was like. */
export function digestWording(notice: Notice, digest: DigestReport): Wording {
  const time: Time = (ms) => timeOf(ms, notice);
  const { window, lines, linesBefore, hosts, talkers, programs } = digest;
  const wrong = wrongIn(digest);
  const state = wrong.length === 0 ? 'all is well' : wrong.join(', ');
  const received = `${many(lines, 'line')} from ${many(hosts, 'host')}`;
  return {
    subject: cut(`[DAILY] alive: ${received}, ${state}`),
    headline: `ALIVE at ${time(notice.at)} - ${received} since ${time(window.from)}; ${state}`,
    reasons: [
      linesBefore === 0
        ? 'nothing came in as much time before'
        : `as much time before brought ${many(linesBefore, 'line')}${change(lines, linesBefore)}`,
    ],
    doubts: doubtsOf(digest, time),
    sections: [
      firing(digest, time),
      silent(digest, time),
      { title: 'Rules that are not judged', lines: idle(digest, time) },
      unsentSection(digest.outbox, time),
      drops(digest),
      kinds(digest),
      { title: 'Hosts that sent most', lines: talkers.map(talker) },
      { title: 'Programs that wrote most', lines: programs.map(talker) },
      ...(digest.disk ? [disk(digest.disk, time)] : []),
    ].filter((section) => section.lines.length > 0),
    commands: [
      { what: 'see what is firing', command: 'cordwood alert list' },
      { what: 'see the same again, up to now', command: 'cordwood alert digest' },
    ],
    ...(notice.nextAt !== undefined && {
      next: `The next one comes at ${time(notice.nextAt)}; where it does not, nobody watches.`,
    }),
  };
}

function wrongIn({ incidents, silent: hosts, drops: { reasons }, outbox, idle: rules }: DigestReport): string[] {
  const dropped = reasons.reduce((sum, { count }) => sum + count, 0);
  const unsent = outbox.refused + (outbox.failure === undefined ? 0 : outbox.waiting);
  return [
    ...said(totalOf(incidents), (count) => `${many(count, 'rule')} firing`),
    ...said(totalOf(hosts), (count) => `${many(count, 'host')} silent`),
    ...said(dropped, (count) => `${number(count)} dropped`),
    ...said(unsent, (count) => `${many(count, 'notice')} not sent`),
    ...said(rules.length, (count) => `${many(count, 'rule')} not judged`),
  ];
}

function said(count: number, text: (count: number) => string): string[] {
  return count > 0 ? [text(count)] : [];
}

function doubtsOf({ unknown, drops: { faults }, mutedUntil }: DigestReport, time: Time): string[] {
  return [
    ...(mutedUntil === undefined
      ? []
      : [`nobody is told of alerts until ${time(mutedUntil)}: cordwood alert mute 0s ends it`]),
    ...faults.map((fault) => `what was received does not add up: ${fault}`),
    ...unknown.map((reason) => `it could not be found out ${reason}`),
  ];
}

function firing({ incidents }: DigestReport, time: Time): Section {
  const row = ({ id, since, total, acknowledged }: DigestReport['incidents']['shown'][number]): string =>
    `${id}: ${number(total)} ${total === 1 ? 'match' : 'matches'} since ${time(since)}${acknowledged ? ', and somebody knows' : ''}`;
  return { title: 'Firing', lines: listed(incidents, row) };
}

function silent({ silent: hosts }: DigestReport, time: Time): Section {
  const row = ({ host, last }: DigestReport['silent']['shown'][number]): string =>
    `${name(host)}: ${last === undefined ? 'no message ever, though it is expected' : `last heard ${time(last)}`}`;
  return { title: 'Silent hosts', lines: listed(hosts, row) };
}

function idle({ idle: rules }: DigestReport, time: Time): string[] {
  return rules.map(({ rule, since }) => `${rule}: ${since === undefined ? 'never' : `not since ${time(since)}`}`);
}

function unsentSection({ waiting, since, failure, refused, lastRefused }: OutboxRow, time: Time): Section {
  const lines: string[] = [];
  if (failure !== undefined) lines.push(`${many(waiting, 'notice')} waiting since ${time(since!)}: ${failure}`);
  if (lastRefused) {
    const { recipient, at, failure: reason } = lastRefused;
    lines.push(`${many(refused, 'notice')} refused for good, the last to ${recipient} at ${time(at)}: ${reason}`);
  }
  return { title: 'Not sent', lines };
}

function drops({ drops: { reasons } }: DigestReport): Section {
  const lines = reasons.map(({ reason, count }) => `${reason}: ${number(count)}`);
  return { title: 'Dropped or lost', lines };
}

function kinds({ kinds: { shown, more, query, learned, cut: isCut } }: DigestReport): Section {
  const lines = listed(
    { shown, more },
    ({ program, template, count }) => `${name(program)}: ${template}  x${number(count)}`,
  );
  if (learned !== undefined) {
    const known = learned === 1 ? '1 kind of message is' : `${number(learned)} kinds of messages are`;
    lines.push(`${known} known from now on: the next digest tells which are new`);
  } else if (lines.length === 0) lines.push('none');
  if (isCut) lines.push('there were more messages than are looked at: some may be missing here');
  return { title: `New kinds of messages, of ${query}`, lines };
}

function talker({ name: who, count, before }: Talker): string {
  return `${name(who)}: ${number(count)}${change(count, before)}`;
}

/** ` (+20 %)`, against what was there before. */
function change(now: number, before: number): string {
  if (before === 0) return now === 0 ? '' : ' (new)';
  const percent = Math.round((now / before - 1) * 100);
  return percent > 1000
    ? ` (${number(Math.round(now / before))} times as many)`
    : ` (${percent < 0 ? '' : '+'}${percent} %)`;
}

function disk({ bytes, growth, maxDisk, free, full }: DiskReport, time: Time): Section {
  const most = maxDisk === undefined ? '' : ` of at most ${formatBytes(maxDisk)}`;
  const left = free === undefined ? '' : `; the disk has ${formatBytes(free)} left`;
  const more = growth === undefined ? '' : `, ${formatBytes(growth)} more a day`;
  const lines = [`${formatBytes(bytes)} stored${most}${more}${left}`];
  if (full) {
    const day = time(full.at).slice(0, 10);
    const then =
      full.of === 'disk' ? 'the disk is full: set max_disk, or keep less' : 'max_disk is reached: the oldest goes';
    lines.push(`as it grows, on ${day} ${then}`);
  }
  return { title: 'Disk', lines };
}

function listed<Row>({ shown, more }: Top<Row>, row: (row: Row) => string): string[] {
  return [...shown.map(row), ...(more > 0 ? [`and ${number(more)} more`] : [])];
}

function totalOf({ shown, more }: Top<unknown>): number {
  return shown.length + more;
}

function name(text: string): string {
  return text === '' ? '(none)' : text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}…` : text;
}

function many(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? '' : 's'}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
