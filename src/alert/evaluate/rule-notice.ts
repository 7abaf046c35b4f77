import { neverAborted } from '../../base/abort.ts';
import { DAY, MINUTE } from '../../base/units.ts';
import { offsetAt } from '../../base/zone.ts';
import type { Filter } from '../../model/filter.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import { and, format, or } from '../../query/index.ts';
import type { Incident } from '../notices/incident.ts';
import { newNotice, type Notice, type Sample } from '../notices/notice.ts';
import { type Key, OTHER } from '../rules/keys.ts';
import type { Finding } from './rule-state.ts';
import { filterOfKeys } from './key-filter.ts';
import { kindOf } from './templates.ts';
import type { ReadyRule } from './window.ts';
import type { AlertWorld } from './world.ts';

/** Matches that a notice quotes: the first few and the last few. */
const FIRST = 3;
const LAST = 5;
/** Keys of a rule with `by` whose messages are quoted: the first `FIRST` of each. */
const KEYS = 3;
/** Keys that the command of a notice names, and characters that they may have as a query. */
const NAMED = 20;
const MAX_QUERY = 4000;
/** Messages of the same host that are quoted before and after the first match. */
const AROUND = 3;
/** Characters of a message that are kept; so a whole mail stays below 64 KiB. */
const MAX_TEXT = 500;
/** A message that arrives later than this after it was sent is late, ms. */
const LATE = 5 * MINUTE;
/** Messages that are read to find the first of a new kind. */
const MAX_READ = 20_000;
/** Late messages are not counted in windows of more minutes than this. */
const MAX_MINUTES = 240;
const DAY_MINUTES = DAY / MINUTE;

/** Makes a notice of a finding, with the messages that it is about, while the store has them. */
export async function noticeOf(ready: ReadyRule, finding: Finding, world: AlertWorld): Promise<Notice> {
  const { rule, judge, filters } = ready;
  const { kind, at, from, after, cut, matches, joined } = finding;
  const { toldKeys: _, joining: __, ...incident } = finding.incident;
  const over = kind === 'resolved' ? { from: incident.since, to: at } : { from, to: at };
  const [filter] = filters as [Filter];
  const which = { filter, ...(after && { after }) };
  const samples = judge.byTemplate
    ? await firstOfKind(filter, { incident, over }, world)
    : await samplesOf(which, { by: rule.by, keys: incident.keys.map(([key]) => key), over }, world);
  const named = judge.byTemplate ? undefined : filterOfNamed(rule.by, incident);
  const notBefore = rule.quiet && endOfQuiet(Math.max(at, world.now()), rule.quiet, rule.timezone);
  return newNotice(`${incident.id}.${incident.notices}`, {
    kind,
    severity: rule.severity,
    incident,
    ...(matches !== undefined && { matches }),
    to: rule.to,
    at,
    foundAt: world.now(),
    window: over,
    condition: judge.condition,
    query: rule.query,
    by: judge.byTemplate ? ['appname', 'template'] : rule.by,
    ...(rule.timezone !== undefined && { timezone: rule.timezone }),
    ...(rule.runbook !== undefined && { runbook: rule.runbook }),
    ...(rule.file !== undefined && { file: rule.file }),
    samples,
    context: samples[0] ? await around(samples[0], samples, world) : [],
    late: await lateIn(named ? and([filter, named]) : filter, over, world),
    ...(named && { search: searchOf(rule.query, filter, named) }),
    ...(cut !== undefined && { cut }),
    ...(joined && { joined }),
    ...nextOf(ready, finding),
    ...(notBefore !== undefined && { notBefore }),
  });
}

function nextOf({ rule, judge, schedule }: ReadyRule, { kind, at }: Finding): Pick<Notice, 'nextAt' | 'endIsTold'> {
  if (kind !== 'firing' && kind !== 'repeat') return {};
  if (!judge.each) return { nextAt: at + rule.repeat, endIsTold: rule.resolve === 'on' };
  const [nextAt] = schedule.ticks(at, at + 7 * DAY, 1);
  return nextAt === undefined ? {} : { nextAt };
}

/** The keys that the notice's command names. */
function filterOfNamed(by: readonly string[], { keys }: Incident): Filter | undefined {
  const named = keys.map(([key]) => key).filter((key) => key !== OTHER);
  for (let most = Math.min(NAMED, named.length); most > 0; most--) {
    const filter = filterOfKeys(by, named.slice(0, most), { exact: false });
    if (filter && format(filter).length <= MAX_QUERY) return filter;
  }
  return undefined;
}

/** The query for the messages of these keys only. */
function searchOf(query: string, filter: Filter, keys: Filter): string {
  if (filter.kind === 'all') return format(keys);
  const both = keys.kind === 'or' ? `(${format(keys)})` : format(keys);
  return `${filter.kind === 'or' ? `(${query})` : query} ${both}`;
}

type Sampled = { readonly by: readonly string[]; readonly keys: readonly Key[]; readonly over: Notice['window'] };

/** The first few and the last few matches; of several keys, the first few of each of the first ones. */
async function samplesOf(
  which: Pick<Query, 'filter' | 'after'>,
  { by, keys, over: window }: Sampled,
  world: AlertWorld,
): Promise<Sample[]> {
  const query = { ...which, since: window.from, until: window.to, upTo: world.visible() };
  const apart = by.length > 0 ? keys.filter((key) => key !== OTHER).slice(0, KEYS) : [];
  const filters = apart.map((key) => and([which.filter, filterOfKeys(by, [key], { exact: true })!]));
  if (filters.length < 2) return firstAndLast({ ...query, filter: filters[0] ?? which.filter }, world);
  const samples = new Map<string, Sample>();
  for (const filter of filters) {
    for (const one of await found({ ...query, filter, order: 'oldest', limit: FIRST }, world))
      samples.set(one._id, one);
  }
  return [...samples.values()];
}

async function firstAndLast(query: Omit<Query, 'order' | 'limit'>, world: AlertWorld): Promise<Sample[]> {
  const first = await found({ ...query, order: 'oldest', limit: FIRST }, world);
  if (first.length < FIRST) return first;
  const last = await found({ ...query, order: 'newest', limit: LAST }, world);
  const known = new Set(first.map(({ _id }) => _id));
  return [...first, ...last.reverse().filter(({ _id }) => !known.has(_id))];
}

/** The first message of each kind that had never been seen before. */
async function firstOfKind(
  filter: Filter,
  { incident, over: { from, to } }: { incident: Incident; over: Notice['window'] },
  world: AlertWorld,
): Promise<Sample[]> {
  const wanted = new Set(incident.keys.slice(0, FIRST + LAST).map(([key]) => key));
  const apps = [...wanted].filter((key) => key !== OTHER).map((key) => (JSON.parse(key) as string[])[0]!);
  if (apps.length === 0) return [];
  const ofThese = or(apps.map((app) => ({ kind: 'equals', field: 'appname', value: app.toLowerCase() })));
  const query: Query = {
    filter: and([filter, ofThese]),
    since: from,
    until: to,
    upTo: world.visible(),
    order: 'oldest',
  };
  const samples: Sample[] = [];
  for await (const chunk of world.store.find({ ...query, limit: MAX_READ }, neverAborted())) {
    for (const message of chunk) {
      const key = JSON.stringify([message.appname ?? '', kindOf(message.message)]);
      if (wanted.delete(key)) samples.push(sampleOf(message));
    }
    if (wanted.size === 0) break;
  }
  return samples;
}

/** Messages of the same host around the first match that are not quoted anyway. */
async function around({ _id, hostname, at }: Sample, quoted: readonly Sample[], world: AlertWorld): Promise<Sample[]> {
  if (hostname === undefined) return [];
  const filter: Filter = { kind: 'equals', field: 'hostname', value: hostname.toLowerCase() };
  const upTo = world.visible();
  const span = 10 * MINUTE;
  const before = await found({ filter, since: at - span, before: _id, upTo, order: 'newest', limit: AROUND }, world);
  const after = await found({ filter, since: at, until: at + span, upTo, order: 'oldest', limit: AROUND + 1 }, world);
  const known = new Set(quoted.map((one) => one._id));
  return [...before.reverse(), ...after.filter((one) => one._id > _id).slice(0, AROUND)].filter(
    (one) => !known.has(one._id),
  );
}

async function found(query: Query, { store }: AlertWorld): Promise<Sample[]> {
  const all: Sample[] = [];
  for await (const chunk of store.find(query, neverAborted())) all.push(...chunk.map(sampleOf));
  return all;
}

function sampleOf({ _id, received_at, message, hostname, appname, level }: LogMessage): Sample {
  return {
    _id,
    at: received_at.getTime(),
    message: message.length > MAX_TEXT ? `${message.slice(0, MAX_TEXT)}…` : message,
    level,
    ...(hostname !== undefined && { hostname }),
    ...(appname !== undefined && { appname }),
  };
}

/** Late messages of a window, such as those that waited in an agent's queue. */
async function lateIn(filter: Filter, { from, to }: Notice['window'], { store, visible }: AlertWorld): Promise<number> {
  if ((to - from) / MINUTE > MAX_MINUTES) return 0;
  let late = 0;
  for (let minute = from; minute < to; minute += MINUTE) {
    const old: Filter = { kind: 'range', field: 'timestamp', max: minute - LATE, excludeMax: true };
    const query: Query = {
      filter: and([filter, old]),
      since: minute,
      until: Math.min(to, minute + MINUTE),
      upTo: visible(),
      order: 'oldest',
    };
    const [group] = await store.aggregate(query, { by: [] }, neverAborted());
    late += group?.count ?? 0;
  }
  return late;
}

/** The end of the quiet hours that a time lies in, ms; undefined if it lies outside of them. */
function endOfQuiet(
  at: number,
  { from, to }: { readonly from: number; readonly to: number },
  zone: string | undefined,
): number | undefined {
  const wall = at + offsetAt(at, zone);
  const minute = Math.floor(wall / MINUTE) % DAY_MINUTES;
  const inside = from < to ? minute >= from && minute < to : minute >= from || minute < to;
  if (!inside) return undefined;
  const left = (to - minute + DAY_MINUTES) % DAY_MINUTES;
  return Math.floor(at / MINUTE) * MINUTE + left * MINUTE;
}
