import { countOf, formatCount } from '../../base/text.ts';
import { formatBytes } from '../../base/units.ts';
import type { DigestReport, DiskReport, Talker, Top } from '../notices/digest-report.ts';
import type { Notice } from '../notices/notice.ts';
import type { OutboxStatus } from '../notices/outbox-status.ts';
import { cut, timeOf, type Wording } from './words.ts';

/** Characters of a name from a log. */
const MAX_NAME = 80;

type Section = { readonly title: string; readonly lines: readonly string[] };
type Time = (ms: number) => string;

/** A digest in words: that the server is alive, what is wrong, and then what the day was like. */
export function digestWording(notice: Notice, digest: DigestReport): Wording {
  const time: Time = (ms) => timeOf(ms, notice);
  const { window, lines, linesBefore, hosts, talkers, programs } = digest;
  const wrong = wrongIn(digest);
  const state = wrong.length === 0 ? 'all is well' : wrong.join(', ');
  const received = `${countOf(lines, 'message')} from ${countOf(hosts, 'host')}`;
  return {
    subject: cut(`[DAILY] alive: ${received}, ${state}`),
    headline: `ALIVE at ${time(notice.at)} - ${received} since ${time(window.from)}; ${state}`,
    reasons: [
      linesBefore === 0
        ? 'no messages in the period before'
        : `${countOf(linesBefore, 'message')} in the period before${change(lines, linesBefore)}`,
    ],
    doubts: doubtsOf(digest, time),
    sections: [
      firing(digest, time),
      silent(digest, time),
      { title: 'Rules that are not judged', lines: idle(digest, time) },
      unsentSection(digest.outbox, time),
      drops(digest),
      kinds(digest),
      { title: 'Busiest hosts', lines: talkers.map(talker) },
      { title: 'Busiest programs', lines: programs.map(talker) },
      ...(digest.disk ? [disk(digest.disk, time)] : []),
    ].filter((section) => section.lines.length > 0),
    commands: [
      { what: 'See what is firing', command: 'cordwood alert list' },
      { what: 'See this digest again, up to now', command: 'cordwood alert digest' },
    ],
    ...(notice.nextAt !== undefined && {
      next: `The next digest comes at ${time(notice.nextAt)}. If it does not, nothing is being watched.`,
    }),
  };
}

function wrongIn({ incidents, silent: hosts, drops: { reasons }, outbox, idle: rules }: DigestReport): string[] {
  const dropped = reasons.reduce((sum, { count }) => sum + count, 0);
  const unsent = outbox.refused + (outbox.failure === undefined ? 0 : outbox.waiting);
  return [
    ...ifAny(totalOf(incidents), (count) => `${countOf(count, 'rule')} firing`),
    ...ifAny(totalOf(hosts), (count) => `${countOf(count, 'host')} silent`),
    ...ifAny(dropped, (count) => `${countOf(count, 'message')} dropped`),
    ...ifAny(unsent, (count) => `${countOf(count, 'notice')} not sent`),
    ...ifAny(rules.length, (count) => `${countOf(count, 'rule')} not judged`),
  ];
}

function ifAny(count: number, text: (count: number) => string): string[] {
  return count > 0 ? [text(count)] : [];
}

function doubtsOf({ unknown, drops: { faults }, mutedUntil }: DigestReport, time: Time): string[] {
  return [
    ...(mutedUntil === undefined
      ? []
      : [`all alerts are muted until ${time(mutedUntil)}; cordwood alert mute 0s ends that`]),
    ...faults.map((fault) => `the account does not add up: ${fault}`),
    ...unknown.map((reason) => `cannot determine ${reason}`),
  ];
}

function firing({ incidents }: DigestReport, time: Time): Section {
  const row = ({ id, since, total, acknowledged }: DigestReport['incidents']['shown'][number]): string =>
    `${id}: ${countOf(total, 'match', 'matches')} since ${time(since)}${acknowledged ? ', acknowledged' : ''}`;
  return { title: 'Firing', lines: listed(incidents, row) };
}

function silent({ silent: hosts }: DigestReport, time: Time): Section {
  const row = ({ host, last }: DigestReport['silent']['shown'][number]): string =>
    `${name(host)}: ${last === undefined ? 'expected, but has never sent a message' : `last message ${time(last)}`}`;
  return { title: 'Silent hosts', lines: listed(hosts, row) };
}

function idle({ idle: rules }: DigestReport, time: Time): string[] {
  return rules.map(
    ({ rule, since }) => `${rule}: ${since === undefined ? 'never judged' : `last judged ${time(since)}`}`,
  );
}

function unsentSection({ waiting, since, failure, refused, lastRefused }: OutboxStatus, time: Time): Section {
  const lines: string[] = [];
  if (failure !== undefined) lines.push(`${countOf(waiting, 'notice')} waiting since ${time(since!)}: ${failure}`);
  if (lastRefused) {
    const { recipient, at, failure: reason } = lastRefused;
    lines.push(`${countOf(refused, 'notice')} rejected for good, the last for ${recipient} at ${time(at)}: ${reason}`);
  }
  return { title: 'Not sent', lines };
}

function drops({ drops: { reasons } }: DigestReport): Section {
  const lines = reasons.map(({ reason, count }) => `${reason}: ${formatCount(count)}`);
  return { title: 'Dropped or lost', lines };
}

function kinds({ kinds: { shown, more, query, learned, cut: isCut } }: DigestReport): Section {
  const lines = listed(
    { shown, more },
    ({ program, template, count }) => `${name(program)}: ${template}  x${formatCount(count)}`,
  );
  if (learned !== undefined) {
    const known = countOf(learned, 'kind of message', 'kinds of messages');
    lines.push(`${known} known from now on; the next digest reports new ones`);
  } else if (lines.length === 0) lines.push('none');
  if (isCut) lines.push('there were too many messages to read all of them: some new kinds may be missing');
  return { title: `New kinds of messages among ${query}`, lines };
}

function talker({ name: who, count, before }: Talker): string {
  return `${name(who)}: ${formatCount(count)}${change(count, before)}`;
}

/** ` (+20 %)`, compared with the count before. */
function change(now: number, before: number): string {
  if (before === 0) return now === 0 ? '' : ' (new)';
  const percent = Math.round((now / before - 1) * 100);
  return percent > 1000
    ? ` (${formatCount(Math.round(now / before))} times as many)`
    : ` (${percent < 0 ? '' : '+'}${percent} %)`;
}

function disk({ bytes, growth, maxDisk, free, full }: DiskReport, time: Time): Section {
  const most = maxDisk === undefined ? '' : ` of at most ${formatBytes(maxDisk)}`;
  const left = free === undefined ? '' : `; ${formatBytes(free)} free on the disk`;
  const more = growth === undefined ? '' : `, growing by ${formatBytes(growth)} a day`;
  const lines = [`${formatBytes(bytes)} stored${most}${more}${left}`];
  if (full) {
    const day = time(full.at).slice(0, 10);
    const then =
      full.of === 'disk'
        ? 'the disk will be full: set max_disk, or shorten keep'
        : 'max_disk will be reached, and the oldest messages deleted';
    lines.push(`at this rate, on ${day} ${then}`);
  }
  return { title: 'Disk', lines };
}

function listed<Row>({ shown, more }: Top<Row>, row: (row: Row) => string): string[] {
  return [...shown.map(row), ...(more > 0 ? [`and ${formatCount(more)} more`] : [])];
}

function totalOf({ shown, more }: Top<unknown>): number {
  return shown.length + more;
}

function name(text: string): string {
  return text === '' ? '(none)' : text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}…` : text;
}
