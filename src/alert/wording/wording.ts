import { formatDuration } from '../../base/units.ts';
import { SEVERITIES } from '../../model/priority.ts';
import { formatFull } from '../../query/index.ts';
import { MAX_KEYS } from '../evaluate/buckets.ts';
import { digestWording } from './digest.ts';
import type { Notice, Sample, SilentHost } from '../contract.ts';
import { shownKey } from '../evaluate/evaluate.ts';
import { cut, timeOf, type Wording } from './words.ts';

const MAX_SHOWN = 3;
const MAX_WORDS = 80;
/** Hosts that a mail names. */
const MAX_LINES = 100;

export function wordingOf(notice: Notice): Wording {
  if (notice.summary) return summaryWording(notice);
  if (notice.digest) return digestWording(notice, notice.digest);
  if (notice.silent) return silenceWording(notice, notice.silent);
  const { incident, condition, query, runbook, rule, joined } = notice;
  const keys = incident.keys.map(([key, count]) => (count === 0 ? shownKey(key) : `${shownKey(key)} ${count}`.trim()));
  const named = notice.by.length > 0;
  return {
    subject: cut(subjectOf(notice)),
    headline: headlineOf(notice),
    reasons: [
      ...(joined ? [`new since the last mail: ${list(joined.map(shownKey), 20)}`] : []),
      ...(named && keys.length > 0 ? [`${notice.by.join(', ')}: ${list(keys, 20)}`] : []),
      `rule ${rule}: ${condition} of: ${query}`,
      ...(runbook === undefined ? [] : [`runbook: ${runbook}`]),
    ],
    doubts: doubtsOf(notice),
    commands: commandsOf(notice),
    ...(notice.nextAt !== undefined && { next: nextOf(notice, notice.nextAt) }),
  };
}

/** `[FIRING err x37] web1,web2 nginx: upstream timed out (rule nginx-errors)`. */
function subjectOf(notice: Notice): string {
  const { kind, incident, severity, rule } = notice;
  const isByField = notice.by.length > 0 && !notice.by.includes('template');
  const where = isByField ? incident.keys.map(([key]) => shownKey(key)) : hostsOf(notice.samples);
  const first = notice.samples[0];
  const what = first
    ? `${first.appname === undefined ? '' : `${first.appname}: `}${words(first.message)}`
    : notice.condition;
  const place = where.length > 0 ? `${list(where, MAX_SHOWN, ',')} ` : '';
  if (kind === 'resolved')
    return `[OK] ${place}${what} (rule ${rule}) after ${formatDuration(notice.at - incident.since)}`;
  const state = { firing: 'FIRING', repeat: 'STILL FIRING', late: 'LATE' }[kind as 'firing'];
  const count = incident.total > 0 ? ` x${incident.total}` : '';
  return `[${state} ${SEVERITIES[severity]}${count}] ${place}${what} (rule ${rule})`;
}

function headlineOf(notice: Notice): string {
  const { kind, incident, at, window, condition } = notice;
  const since = `${timeOf(incident.since, notice)} (${new Date(incident.since).toISOString().slice(11, 16)}Z)`;
  const count = `${incident.total} ${incident.total === 1 ? 'match' : 'matches'}`;
  const what = incident.total === 0 ? condition : `${count} (${condition})`;
  switch (kind) {
    case 'resolved':
      return `OK since ${timeOf(at, notice)}, after ${formatDuration(at - incident.since)} - ${what}`;
    case 'late':
      return `FIRED ${timeOf(window.from, notice)} to ${timeOf(window.to, notice)}, known only now - ${what}`;
    default:
      return `${kind === 'repeat' ? 'STILL FIRING' : 'FIRING'} since ${since} - ${what}`;
  }
}

function doubtsOf({ kind, late, incident, foundAt, at, cut, by }: Notice): string[] {
  const doubts: string[] = [];
  if (cut !== undefined) {
    doubts.push(
      `${cut} messages of the window are not told apart by ${by.join(', ')} but count as "other": there were more than ` +
        `${MAX_KEYS} different ones, forged perhaps; those that were known before are all told apart`,
    );
  }
  if (late > 0)
    doubts.push(`${late} of ${Math.max(late, incident.total)} were sent more than 5 minutes before they arrived`);
  if (kind === 'late') {
    doubts.push(`the lines came ${formatDuration(foundAt - at)} after that, from a receiver that had been away`);
  } else if (foundAt - at > 120_000) {
    doubts.push(`judged ${formatDuration(foundAt - at)} after its time: nobody was there to judge it earlier`);
  }
  return doubts;
}

function nextOf(notice: Notice, at: number): string {
  const { endIsTold } = notice;
  const time = timeOf(at, notice);
  if (endIsTold === undefined) return `The next mail of this rule can come at ${time}.`;
  return `While it lasts, the next mail comes at ${time}; its end is ${endIsTold ? '' : 'not '}told.`;
}

function commandsOf(notice: Notice): Wording['commands'] {
  const { window, query, incident, rule, endIsTold } = notice;
  const [since, until] = [window.from, window.to].map((ms) => formatFull(ms, 'UTC'));
  const search = `cordwood search -S '${since}' -U '${until}' ${shellQuoted(query)}`;
  return [
    { what: 'see all of it', command: search },
    // Of what lasts only: nothing else is repeated.
    ...(endIsTold === undefined
      ? []
      : [{ what: 'say that somebody knows', command: `cordwood alert ack ${incident.id}` }]),
    { what: 'hear nothing of it for a while', command: `cordwood alert silence ${rule} 2h` },
  ];
}

function summaryWording(notice: Notice): Wording {
  const { notices, matches, rules, hosts } = notice.summary!;
  const [from, to] = [timeOf(notice.window.from, notice), timeOf(notice.at, notice)];
  const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  return {
    subject: cut(
      `[DIGEST] ${plural(rules.length, 'rule')}, ${matches} matches, ${plural(hosts, 'group')}, ${from.slice(11, 16)}-${to.slice(11, 16)}`,
    ),
    headline: `${plural(notices, 'mail')} more than the budget allows, told here at once - ${matches} matches from ${from} to ${to}`,
    reasons: rules.map((one) => `${one.rule}: ${one.matches} matches in ${plural(one.notices, 'mail')} not sent`),
    doubts: [],
    commands: [{ what: 'see what is firing', command: 'cordwood alert list' }],
    ...(notice.nextAt !== undefined && {
      next: `No other mail comes to you before ${timeOf(notice.nextAt, notice)}; what happens until then is told in one.`,
    }),
  };
}

/** `[SILENT] db3: no message for 42m (usually every 1m)`. */
function silenceWording(notice: Notice, silent: readonly SilentHost[]): Wording {
  const names = list(
    silent.map(({ host }) => host),
    MAX_SHOWN,
    ',',
  );
  const [first] = silent;
  const lasted = first?.last === undefined ? undefined : formatDuration(notice.at - first.last);
  const usual = first?.usual === undefined ? '' : ` (usually every ${formatDuration(Math.max(60_000, first.usual))})`;
  const never = 'no message ever, though it is expected';
  const over = notice.kind === 'resolved';
  const what = over ? 'sends again' : lasted === undefined ? never : `no message for ${lasted}${usual}`;
  const lines = silent.map(
    ({ host, last }) => `${host}: ${last === undefined ? never : `last heard ${timeOf(last, notice)}`}`,
  );
  return {
    subject: cut(`[${over ? 'OK' : 'SILENT'}] ${names}: ${what}`),
    headline: `${over ? 'OK' : 'SILENT'} - ${names}: ${what}`,
    reasons: lines.slice(0, MAX_LINES).concat(lines.length > MAX_LINES ? [`and ${lines.length - MAX_LINES} more`] : []),
    doubts: [],
    commands: [
      { what: 'see who is silent', command: 'cordwood hosts --silent' },
      ...(over
        ? []
        : [
            {
              what: 'wait no more for a host that is gone',
              command: `cordwood hosts retire ${shellQuoted(first?.host ?? '')}`,
            },
          ]),
    ],
  };
}

function hostsOf(samples: readonly Sample[]): string[] {
  return [...new Set(samples.flatMap(({ hostname }) => (hostname === undefined ? [] : [hostname])))];
}

function words(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line;
}

function list(all: readonly string[], most: number, between = ', '): string {
  const shown = all.slice(0, most).join(between);
  return all.length > most ? `${shown}${between}${all.length - most} more` : shown;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
