import type { Notice, Sample } from './contract.ts';
import { timeOf, type Wording } from './words.ts';

/** Bytes of a part of a mail at most. */
const MAX_BODY = 64 << 10;
/** What no line of text may hold as it is: control characters, and what turns the direction of writing. */
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Text of a log as people may see it: what is invisible is written out. */
export function plain(text: string): string {
  return text
    .replace(/\r?\n/g, '\\n')
    .replace(/\t/g, ' ')
    .replace(UNSEEN, (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

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

function whyOf({ rule, file, kind }: Notice): string {
  if (kind === 'digest') return 'sent daily, as digest: of its configuration says';
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

/** A small page that says the same, without anything that must be fetched. */
export function htmlBody(notice: Notice, wording: Wording, footer: Footer): string {
  const color =
    notice.kind === 'resolved' || notice.kind === 'digest' ? '#1a7f37' : notice.severity <= 3 ? '#b42318' : '#9a6700';
  const tableOf = (title: string, all: readonly string[]): string => {
    if (all.length === 0) return '';
    return `<h2 style="${H2}">${html(title)}</h2>${all.map((line) => `<div style="${LINE}">${html(line)}</div>`).join('')}`;
  };
  const table = (title: string, samples: readonly Sample[]): string =>
    tableOf(
      title,
      samples.map((sample) => lineOf(sample, notice)),
    );
  const page = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>',
    `<body style="${BODY}"><div style="${CARD}">`,
    `<p style="margin:0 0 8px;padding:8px 12px;border-left:4px solid ${color};font-weight:600">${html(wording.headline)}</p>`,
    ...wording.reasons.map((reason) => `<p style="${P}">${html(reason)}</p>`),
    ...wording.doubts.map((doubt) => `<p style="${P};color:#9a6700">! ${html(doubt)}</p>`),
    ...(wording.sections ?? []).map(({ title, lines: all }) => tableOf(title, all)),
    table('Messages', notice.samples),
    table('Around the first', notice.context),
    ...wording.commands.map(
      ({ what, command }) => `<p style="${P}">${html(what)}:</p><pre style="${LINE}">${html(command)}</pre>`,
    ),
    wording.next === undefined ? '' : `<p style="${P}">${html(wording.next)}</p>`,
    `<p style="margin:16px 0 0;color:#57606a;font-size:12px">cordwood ${html(footer.version)} on ${html(footer.server)}; `,
    `${html(whyOf(notice))}</p></div></body></html>`,
  ].join('');
  return Buffer.byteLength(page) > MAX_BODY ? '' : page;
}

const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,sans-serif';
const BODY = `margin:0;padding:12px;background:#f6f8fa;color:#1f2328;${FONT};font-size:15px;line-height:1.45`;
const CARD = 'max-width:760px;margin:0 auto;padding:16px;background:#fff;border:1px solid #d0d7de;border-radius:6px';
const P = 'margin:0 0 6px;overflow-wrap:anywhere';
const H2 = 'margin:16px 0 6px;font-size:15px';
const LINE =
  'margin:0 0 4px;padding:4px 8px;background:#f6f8fa;font-family:ui-monospace,Consolas,monospace;font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere';

function html(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return plain(text).replace(/[&<>"']/g, (char) => named[char]!);
}

function cutBytes(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BODY) return text;
  const kept = Buffer.from(text)
    .subarray(0, MAX_BODY - 64)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${kept}\n[cut: the rest is too long for a mail]\n`;
}
