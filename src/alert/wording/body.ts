import type { Notice, Sample } from '../contract.ts';
import { plain } from './plain.ts';
import { timeOf, type Wording } from './words.ts';

/** Bytes of a part of a mail at most. */
export const MAX_BODY = 64 << 10;
/** Who tells it: name and version of the server, and where the rule stands. */
export type Footer = { readonly server: string; readonly version: string };

/** The part that is whole by itself; lines end in LF. */
export function textBody(notice: Notice, wording: Wording, footer: Footer): string {
  const sections = [
    [wording.headline, ...wording.reasons],
    wording.doubts.map((doubt) => `! ${doubt}`),
    ...(wording.sections ?? []).map(({ title, lines: all }) => [`${title}:`, ...all.map((line) => `  ${plain(line)}`)]),
    lines('Messages', notice.samples, notice),
    lines('Around the first', notice.context, notice),
    wording.commands.map(({ what, command }) => `${what}:\n  ${command}`),
    wording.next === undefined ? [] : [wording.next],
    [`-- \ncordwood ${footer.version} on ${footer.server}; ${whyOf(notice)}`],
  ];
  const text = sections.filter((section) => section.length > 0).map((section) => section.map(keepLines).join('\n'));
  return cutBytes(`${text.join('\n\n')}\n`);
}

/** Why somebody is told. */
export function whyOf({ rule, file, kind, summary, silent }: Notice): string {
  if (kind === 'digest') return 'sent daily, as digest: of its configuration says';
  if (summary) return 'sent in place of mails that are more than max_per_hour: of its configuration allows';
  if (silent) return 'sent to whom silence: of its configuration names';
  return `sent for the rule ${rule} of ${file ?? 'its configuration'}`;
}

/** Only the breaks that we wrote ourselves remain. */
function keepLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

function lines(title: string, samples: readonly Sample[], notice: Notice): string[] {
  if (samples.length === 0) return [];
  return [`${title}:`, ...samples.map((sample) => `  ${plain(lineOf(sample, notice))}`)];
}

function lineOf({ at, hostname, appname, level, message }: Sample, notice: Notice): string {
  return `${timeOf(at, notice)} ${hostname ?? '-'} ${appname ?? '-'} ${level}: ${plain(message)}`;
}

function cutBytes(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BODY) return text;
  const kept = Buffer.from(text)
    .subarray(0, MAX_BODY - 64)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${kept}\n[cut: the rest is too long for a mail]\n`;
}
