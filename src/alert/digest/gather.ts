import { neverAborted } from '../../base/abort.ts';
import { reasonOf } from '../../base/errors.ts';
import { DAY, MINUTE } from '../../base/units.ts';
import { silentHost, storedHosts } from '../../hosts/index.ts';
import type { SilentHost, Stretch } from '../../hosts/contract.ts';
import type { Filter } from '../../model/filter.ts';
import type { Query } from '../../model/query.ts';
import { parseQuery } from '../../query/index.ts';
import { deliveries, outboxStatus } from '../delivery/outbox.ts';
import { mutedUntil } from '../delivery/silencing.ts';
import { RULE_PREFIX, ruleKey, type RuleState } from '../evaluate/rule-state.ts';
import type { StoredTemplates } from '../evaluate/templates.ts';
import type { AlertWorld } from '../evaluate/world.ts';
import type { DigestFacts, DigestReport, Drops, OpenIncident, Talker, Top } from '../notices/digest-report.ts';
import type { OutboxStatus } from '../notices/outbox-status.ts';
import { createSchedule } from '../rules/schedule.ts';
import type { Rule } from '../rules/schemas.ts';
import { type Kinds, newKinds } from './kinds.ts';

const TALKERS = 10;
const KINDS = 20;
const LISTED = 10;
/** Hosts or programs that are counted apart. */
const MAX_NAMES = 50_000;
/** A rule is idle if its tick is overdue by this, ms. */
const IDLE_MS = 5 * MINUTE;
const MONTH = 31 * DAY;

export type Gathering = {
  readonly world: AlertWorld;
  readonly rules: readonly Rule[];
  readonly facts: DigestFacts;
  /** The messages among which new kinds are looked for. */
  readonly query: string;
  /** Known kinds of messages; undefined the first time. */
  readonly known: StoredTemplates | undefined;
  readonly window: Stretch;
};

/**
 * Everything that a digest reports, and the kinds of messages known from now on. What cannot be
 * determined is listed in the report and does not keep it from being written.
 */
export async function gather(all: Gathering): Promise<{ report: DigestReport; kinds: StoredTemplates }> {
  const { world, window, query, known, facts } = all;
  const unknown: string[] = [];
  const tried = async <Value>(what: string, work: Promise<Value>, otherwise: Value): Promise<Value> =>
    work.catch((error: unknown) => {
      unknown.push(`${what}: ${reasonOf(error)}`);
      return otherwise;
    });
  const before = { from: window.from - (window.to - window.from), to: window.from };
  const lines = await tried('the number of messages', count(world, window), 0);
  const linesBefore = await tried('the number of messages before', count(world, before), 0);
  const hosts = await tried('the busiest hosts', talkers(world, 'hostname', { window, before }), NO_TALKERS);
  const programs = await tried('the busiest programs', talkers(world, 'appname', { window, before }), NO_TALKERS);
  const none: Kinds = { fresh: [], stored: known ?? [], known: 0, cut: false };
  const kinds = await tried('new kinds of messages', newKinds(world, query, { window, known: known ?? [] }), none);
  const silent = await tried('silent hosts', silentHosts(world), []);
  const noDrops: Drops = { reasons: [], faults: [] };
  const disk = await tried('disk usage', facts.disk(), undefined);
  const muted = await mutedUntil(world);
  const report: DigestReport = {
    window,
    lines,
    linesBefore,
    hosts: hosts.names,
    talkers: hosts.top,
    programs: programs.top,
    kinds: {
      ...top(known ? kinds.fresh : [], KINDS),
      query,
      ...(!known && { learned: kinds.known }),
      ...(kinds.cut && { cut: true as const }),
    },
    silent: top(silent, LISTED),
    drops: await tried('dropped messages', facts.drops(window), noDrops),
    incidents: top(await tried('firing rules', openIncidents(world), []), LISTED),
    outbox: await tried('unsent notices', outbox(world), EMPTY_OUTBOX),
    ...(disk && { disk }),
    idle: await tried('rules that are not judged', idle(all), []),
    ...(muted !== undefined && { mutedUntil: muted }),
    unknown,
  };
  return { report, kinds: kinds.stored };
}

const EMPTY_OUTBOX: OutboxStatus = { waiting: 0, refused: 0 };
const NO_TALKERS = { names: 0, top: [] as readonly Talker[] };

function top<Row>(rows: readonly Row[], most: number): Top<Row> {
  return { shown: rows.slice(0, most), more: Math.max(0, rows.length - most) };
}

async function counts({ store, visible }: AlertWorld, { from, to }: Stretch, by: readonly string[]) {
  const filter: Filter = parseQuery('*', { now: 0 });
  const query: Query = { filter, since: from, until: to, upTo: visible(), order: 'oldest' };
  return store.aggregate(query, { by, atMost: MAX_NAMES }, neverAborted());
}

async function count(world: AlertWorld, stretch: Stretch): Promise<number> {
  return (await counts(world, stretch, []))[0]?.count ?? 0;
}

/** The values of a field with the most messages, with their number of messages before. */
async function talkers(
  world: AlertWorld,
  field: string,
  { window, before }: { readonly window: Stretch; readonly before: Stretch },
): Promise<{ names: number; top: readonly Talker[] }> {
  const now = (await counts(world, window, [field])).filter(({ values }) => values[0] !== null);
  const earlier = new Map((await counts(world, before, [field])).map(({ values, count: n }) => [values[0], n]));
  const sorted = now.sort((a, b) => b.count - a.count || (String(a.values[0]) < String(b.values[0]) ? -1 : 1));
  return {
    names: now.length,
    top: sorted
      .slice(0, TALKERS)
      .map(({ values: [name], count: n }) => ({ name: String(name), count: n, before: earlier.get(name!) ?? 0 })),
  };
}

async function silentHosts({ state }: AlertWorld): Promise<SilentHost[]> {
  return (await storedHosts(state)).filter(({ silentSince }) => silentSince !== undefined).map(silentHost);
}

async function openIncidents({ state }: AlertWorld): Promise<OpenIncident[]> {
  const all = (await state.scan(RULE_PREFIX)).flatMap(({ value }) => (value as RuleState).incident ?? []);
  const open = all.filter((one) => one.state === 'open').sort((a, b) => a.since - b.since);
  return open.map(({ id, since, total, acknowledged }) => ({
    id,
    since,
    total,
    acknowledged: acknowledged !== undefined,
  }));
}

async function outbox({ state, now }: AlertWorld): Promise<OutboxStatus> {
  return outboxStatus(await deliveries(state), now());
}

/** Rules with an overdue tick. */
async function idle({ world, rules }: Gathering): Promise<DigestReport['idle']> {
  const now = world.now();
  const found = await Promise.all(
    rules.map(async ({ name, schedule, timezone }) => {
      const known = (await world.state.get(ruleKey(name)))?.value as RuleState | undefined;
      if (!known) return { rule: name };
      const missed = createSchedule(schedule, timezone).ticks(Math.max(known.tick, now - MONTH), now - IDLE_MS, 1);
      return missed.length > 0 ? { rule: name, since: known.tick } : undefined;
    }),
  );
  return found.filter((one) => one !== undefined);
}
