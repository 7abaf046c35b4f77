import type { Notice, Sample } from '../notices/notice.ts';
import { plain } from './plain.ts';
import { timeOf, type Wording } from './words.ts';

/** Bytes that one part of a mail may have. */
export const MAX_BODY = 64 << 10;
/** The server that sends it. */
export type Footer = { readonly server: string; readonly version: string };

/** The plain text, complete in itself; lines end in LF. */
export function textBody(notice: Notice, wording: Wording, footer: Footer): string {
  // One text a line: a line feed in it comes from a log, and is written out.
  const sections = [
    [wording.headline, ...wording.reasons],
    wording.doubts.map((doubt) => `! ${doubt}`),
    ...(wording.sections ?? []).map(({ title, lines: all }) => [`${title}:`, ...all.map((line) => `  ${line}`)]),
    lines('Messages', notice.samples, notice),
    lines('Around the first message', notice.context, notice),
    links(wording),
    wording.commands.flatMap(({ what, command }) => [`${what}:`, `  ${command}`]),
    wording.next === undefined ? [] : [wording.next],
    ['-- ', `cordwood ${footer.version} on ${footer.server}; ${whyOf(notice)}`],
  ];
  const text = sections.filter((section) => section.length > 0).map((section) => section.map(plain).join('\n'));
  return cutBytes(`${text.join('\n\n')}\n`);
}

/** Why its recipients get it. */
export function whyOf({ rule, file, kind, summary, silent, away }: Notice): string {
  if (kind === 'digest') return 'sent daily because of digest: in its configuration';
  if (summary) return 'sent instead of notices beyond max_per_hour: in its configuration';
  if (silent || away) return 'sent to the recipients under silence: in its configuration';
  return `sent for the rule ${rule} in ${file ?? 'its configuration'}`;
}

function lines(title: string, samples: readonly Sample[], notice: Notice): string[] {
  if (samples.length === 0) return [];
  return [`${title}:`, ...samples.map((sample) => `  ${lineOf(sample, notice)}`)];
}

function links({ links: all = [] }: Wording): string[] {
  if (all.length === 0) return [];
  return ['On the web page:', ...all.map(({ what, address }) => `  ${what}: ${address}`)];
}

function lineOf({ at, hostname, appname, level, message }: Sample, notice: Notice): string {
  return `${timeOf(at, notice)} ${hostname ?? '-'} ${appname ?? '-'} ${level}: ${message}`;
}

function cutBytes(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BODY) return text;
  const kept = Buffer.from(text)
    .subarray(0, MAX_BODY - 64)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${kept}\n[cut here: too long for a mail]\n`;
}
