import { SEVERITIES } from '../../model/priority.ts';
import type { Notice, Sample } from '../notices/notice.ts';
import { type Footer, MAX_BODY, whyOf } from './body.ts';
import type { Link } from './links.ts';
import { plain } from './plain.ts';
import { timeOf, type Wording } from './words.ts';

/**
 * A small page with the contents of the text, for phones and wide windows, light and dark. It loads
 * nothing and runs no scripts; its links lead to the web page and nowhere else. Empty if it would be too long for a mail. Some mail programs ignore
 * style sheets, so each element carries its light colours itself, and the sheet only has the dark
 * ones.
 */
export function htmlBody(notice: Notice, wording: Wording, footer: Footer): string {
  const tone = toneOf(notice);
  const page = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<style>${DARK}</style></head><body class="page" style="${PAGE}"><div class="card" style="${CARD}">`,
    `<p class="${tone}" style="${HEAD};border-left:4px solid ${TONES[tone]};color:${TONES[tone]}">${html(wording.headline)}</p>`,
    ...wording.reasons.map(paragraph),
    ...wording.doubts.map((doubt) => `<p class="warn" style="${P};color:${TONES.warn}">! ${html(doubt)}</p>`),
    ...(wording.links ?? []).map(link),
    ...(wording.sections ?? []).map(({ title, lines }) => section(title, lines.map(html))),
    samples('Messages', notice.samples, notice),
    samples('Around the first message', notice.context, notice),
    commands(wording.commands),
    wording.next === undefined ? '' : `<p style="${P};margin-top:12px">${html(wording.next)}</p>`,
    `<p class="quiet" style="${FOOT}">cordwood ${html(footer.version)} on ${html(footer.server)}; `,
    `${html(whyOf(notice))}</p></div></body></html>`,
  ].join('');
  return Buffer.byteLength(page) > MAX_BODY ? '' : page;
}

type Tone = 'good' | 'bad' | 'warn' | 'calm';
const TONES: Readonly<Record<Tone, string>> = { good: '#116329', bad: '#a40e26', warn: '#7d4e00', calm: '#0550ae' };

function toneOf({ kind, severity }: Notice): Tone {
  if (kind === 'resolved') return 'good';
  if (kind === 'digest') return 'calm';
  return severity <= SEVERITIES.indexOf('err') ? 'bad' : 'warn';
}

/** `hostname: web1 31`, with the name in another colour. */
function paragraph(reason: string): string {
  const [, name, rest] = /^([^:]{1,40}): (.*)$/s.exec(reason) ?? [];
  if (name === undefined) return `<p style="${P}">${html(reason)}</p>`;
  return `<p style="${P}"><span class="quiet" style="color:${QUIET}">${html(name)}:</span> ${html(rest!)}</p>`;
}

function link({ what, address }: Link): string {
  return `<p style="${P}"><a class="calm" href="${html(address)}" style="color:${TONES.calm}">${html(what)}</a></p>`;
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const shown = lines.map((line) => `<div class="line" style="${LINE}">${line}</div>`);
  return `<h2 style="${H2}">${html(title)}</h2>${shown.join('')}`;
}

/** If all messages are of one day, the day is in the title only. */
function samples(title: string, all: readonly Sample[], notice: Notice): string {
  const times = all.map(({ at }) => timeOf(at, notice));
  const days = new Set(times.map((time) => `${time.slice(0, 10)}, ${time.slice(20)}`));
  const [day] = days;
  const isOneDay = days.size === 1;
  const lines = all.map(({ hostname, appname, level, message }, index) => {
    const time = isOneDay ? times[index]!.slice(11, 19) : times[index]!;
    const from = [time, hostname ?? '-', appname ?? '-', level].map(html).join(' &middot; ');
    return `<span class="quiet" style="${FROM}">${from}</span><br>${html(message)}`;
  });
  return section(isOneDay ? `${title}, ${day}` : title, lines);
}

function commands(all: Wording['commands']): string {
  if (all.length === 0) return '';
  const shown = all.map(
    ({ what, command }) =>
      `<p style="${ASK}">${html(what)}</p><pre class="line" style="${LINE}">${html(command)}</pre>`,
  );
  return `<h2 style="${H2}">Next steps</h2>${shown.join('')}`;
}

const QUIET = '#57606a';
const MONO = 'font-family:ui-monospace,SFMono-Regular,Consolas,Liberation Mono,monospace';
const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif';
const WRAP = 'overflow-wrap:anywhere;word-break:break-word';
const PAGE = `margin:0;padding:8px;background:#f6f8fa;color:#1f2328;${FONT};font-size:15px;line-height:1.45;-webkit-text-size-adjust:100%`;
const CARD =
  'max-width:760px;margin:0 auto;padding:14px;background:#ffffff;border:1px solid #d0d7de;border-radius:8px;box-sizing:border-box';
const HEAD = `margin:0 0 12px;padding:2px 0 2px 10px;font-size:17px;line-height:1.35;font-weight:600;${WRAP}`;
const P = `margin:0 0 6px;${WRAP}`;
const H2 = 'margin:18px 0 6px;font-size:15px;font-weight:600';
const LINE = `margin:0 0 4px;padding:6px 8px;background:#f6f8fa;border-radius:4px;${MONO};font-size:13px;line-height:1.4;white-space:pre-wrap;${WRAP}`;
const FROM = `color:${QUIET};${FONT};font-size:13px`;
const ASK = `margin:8px 0 2px;${WRAP}`;
const FOOT = `margin:18px 0 0;padding-top:10px;border-top:1px solid #d0d7de;color:${QUIET};font-size:13px;${WRAP}`;
const DARK = `@media (prefers-color-scheme: dark) {
.page { background: #0d1117 !important; color: #e6edf3 !important }
.card { background: #161b22 !important; border-color: #30363d !important }
.line { background: #21262d !important }
.quiet { color: #9ea7b3 !important; border-color: #30363d !important }
.good { color: #56d364 !important; border-color: #56d364 !important }
.bad { color: #ff9492 !important; border-color: #ff9492 !important }
.warn { color: #e3b341 !important; border-color: #e3b341 !important }
.calm { color: #79c0ff !important; border-color: #79c0ff !important }
}`;

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes text: nothing from a log is ever markup. */
function html(text: string): string {
  return plain(text).replace(/[&<>"']/g, (char) => NAMED[char]!);
}
