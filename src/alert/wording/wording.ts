import { countOf, cutText, formatCount } from '../../base/text.ts';
import { formatBytes, formatDuration, MINUTE } from '../../base/units.ts';
import { SEVERITIES } from '../../model/priority.ts';
import { formatFull } from '../../query/index.ts';
import type { Notice, Sample } from '../notices/notice.ts';
import { type Key, MAX_KEY_TEXT, MAX_KEYS, shownKey } from '../rules/keys.ts';
import { digestWording } from './digest.ts';
import { linksOf } from './links.ts';
import { relayWording } from './relay.ts';
import { silenceWording } from './silence.ts';
import { cut, list, shellQuoted, timeOf, type Wording } from './words.ts';

/** Keys that a subject names, and keys that a mail lists. */
const MAX_NAMED = 3;
const MAX_LISTED = 20;
/** Characters of a message in a subject. */
const MAX_TEXT = 80;
/** Characters of a key. */
const MAX_KEY = 200;
/** A notice that was found this much later than it was due is said to be, ms. */
const LATE_MS = 2 * MINUTE;

/**
 * A notice in words.
 * @param page the address of the web page, for links (`web.url`)
 */
export function wordingOf(notice: Notice, page?: string): Wording {
  return { ...wordsOf(notice), links: linksOf(notice, page) };
}

function wordsOf(notice: Notice): Wording {
  if (notice.summary) return summaryWording(notice);
  if (notice.digest) return digestWording(notice, notice.digest);
  if (notice.silent) return silenceWording(notice, notice.silent);
  if (notice.away) return relayWording(notice, notice.away);
  const { incident, condition, query, runbook, rule, joined, by } = notice;
  const keys = incident.keys.map(([key, count]) => (count === 0 ? nameOf(key) : `${nameOf(key)} ${count}`.trim()));
  return {
    subject: cut(subjectOf(notice)),
    headline: headlineOf(notice),
    reasons: [
      ...(joined ? [`new since the last notice: ${list(joined.map(nameOf), MAX_LISTED)}`] : []),
      ...(by.length > 0 && keys.length > 0 ? [`${by.join(', ')}: ${list(keys, MAX_LISTED)}`] : []),
      `rule ${rule}: ${condition}`,
      `query: ${query}`,
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
  const where = isByField ? incident.keys.map(([key]) => nameOf(key)) : hostsOf(notice.samples);
  const first = notice.samples[0];
  const what = first
    ? `${first.appname === undefined ? '' : `${first.appname}: `}${shortened(first.message)}`
    : notice.condition;
  const place = where.length > 0 ? `${list(where, MAX_NAMED, ',')} ` : '';
  if (kind === 'resolved')
    return `[OK] ${place}${what} (rule ${rule}) after ${formatDuration(notice.at - incident.since)}`;
  const state = { firing: 'FIRING', repeat: 'STILL FIRING', late: 'LATE' }[kind as 'firing'];
  const count = incident.total > 0 ? ` x${incident.total}` : '';
  return `[${state} ${SEVERITIES[severity]}${count}] ${place}${what} (rule ${rule})`;
}

function headlineOf(notice: Notice): string {
  const { kind, incident, at, window, condition } = notice;
  const since = `${timeOf(incident.since, notice)} (${new Date(incident.since).toISOString().slice(11, 16)}Z)`;
  const what = incident.total === 0 ? condition : `${countOf(incident.total, 'match', 'matches')} (${condition})`;
  switch (kind) {
    case 'resolved':
      return `OK since ${timeOf(at, notice)}, after ${formatDuration(at - incident.since)} - ${what}`;
    case 'late':
      return `FIRED from ${timeOf(window.from, notice)} to ${timeOf(window.to, notice)}, found only now - ${what}`;
    default:
      return `${kind === 'repeat' ? 'STILL FIRING' : 'FIRING'} since ${since} - ${what}`;
  }
}

function doubtsOf({ kind, late, incident, foundAt, at, cut: uncounted, by }: Notice): string[] {
  const doubts: string[] = [];
  if (uncounted !== undefined) {
    doubts.push(
      `${countOf(uncounted, 'message')} could not be counted by ${by.join(', ')} and count as "other": there were more ` +
        `than ${formatCount(MAX_KEYS)} different values or ${formatBytes(MAX_KEY_TEXT)} of them, possibly forged; ` +
        'values known before are still counted apart',
    );
  }
  if (late > 0) {
    const all = countOf(Math.max(late, incident.total), 'message');
    doubts.push(`${formatCount(late)} of ${all} arrived more than 5 minutes after they were sent`);
  }
  if (kind === 'late') {
    doubts.push(`these messages came ${formatDuration(foundAt - at)} late, from a receiver that had been away`);
  } else if (foundAt - at > LATE_MS) {
    doubts.push(`judged ${formatDuration(foundAt - at)} late: no server was there to judge it in time`);
  }
  return doubts;
}

function nextOf(notice: Notice, at: number): string {
  const { endIsTold } = notice;
  const time = timeOf(at, notice);
  if (endIsTold === undefined) return `The next notice of this rule can come at ${time}.`;
  const end = endIsTold ? 'A notice follows when it is over.' : 'No notice follows when it is over.';
  return `While it lasts, the next notice comes at ${time}. ${end}`;
}

function commandsOf(notice: Notice): Wording['commands'] {
  const { window, query, search: ofKeys = query, incident, rule, endIsTold } = notice;
  const [since, until] = [window.from, window.to].map((ms) => formatFull(ms, 'UTC'));
  const all = `cordwood search -S '${since}' -U '${until}' ${shellQuoted(ofKeys)}`;
  const last = `cordwood search -S all -U '${until}' -n 3 ${shellQuoted(ofKeys)}`;
  return [
    incident.total > 0
      ? { what: 'See all matching messages', command: all }
      : { what: 'See the last matching messages, from before', command: last },
    // Only what lasts is repeated, and can be acknowledged.
    ...(endIsTold === undefined
      ? []
      : [{ what: 'Acknowledge it, which stops repeated notices', command: `cordwood alert ack ${incident.id}` }]),
    { what: 'Silence this rule for two hours', command: `cordwood alert silence ${rule} 2h` },
  ];
}

function summaryWording(notice: Notice): Wording {
  const { notices, matches, rules, hosts } = notice.summary!;
  const [from, to] = [timeOf(notice.window.from, notice), timeOf(notice.at, notice)];
  const found = countOf(matches, 'match', 'matches');
  const about = `${countOf(rules.length, 'rule')}, ${found}, ${countOf(hosts, 'group')}`;
  return {
    subject: cut(`[SUMMARY] ${about}, ${from.slice(11, 16)}-${to.slice(11, 16)}`),
    headline: `SUMMARY of ${countOf(notices, 'notice')} beyond the hourly limit - ${found} from ${from} to ${to}`,
    reasons: rules.map(
      (one) => `${one.rule}: ${countOf(one.matches, 'match', 'matches')} in ${countOf(one.notices, 'notice')} not sent`,
    ),
    doubts: [],
    commands: [{ what: 'See what is firing', command: 'cordwood alert list' }],
    ...(notice.nextAt !== undefined && {
      next: `You get no other alert before ${timeOf(notice.nextAt, notice)}; what happens until then is summarised, too.`,
    }),
  };
}

/** A key that fits on a line. */
function nameOf(key: Key): string {
  const name = shownKey(key);
  return name.length > MAX_KEY ? `${cutText(name, MAX_KEY)}…` : name;
}

function hostsOf(samples: readonly Sample[]): string[] {
  return [...new Set(samples.flatMap(({ hostname }) => (hostname === undefined ? [] : [hostname])))];
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}
