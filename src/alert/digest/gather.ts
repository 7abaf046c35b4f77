import { reasonOf } from '../../base/errors.ts';
import type { Filter } from '../../model/filter.ts';
import type { Query } from '../../model/query.ts';
import { parseQuery } from '../../query/index.ts';
import type { AlertWorld, Incident, OutboxRow, Rule, SilentHost } from '../contract.ts';
import type { RuleState } from '../evaluate/evaluate.ts';
import { silentHost, storedHosts } from '../../hosts/host-watch.ts';
import { letters, unsent } from '../delivery/outbox.ts';
import { createSchedule } from '../evaluate/schedule.ts';
import type { StoredTemplates } from '../evaluate/templates.ts';
import { type Kinds, newKinds } from './kinds.ts';
import type { DigestFacts, DigestReport, Drops, OpenIncident, Stretch, Talker, Top } from './report.ts';

const TALKERS = 10;
const KINDS = 20;
const LISTED = 10;
/** Names of hosts or of programs that are told apart. */
const MAX_NAMES = 50_000;
/** A rule that should have been judged so long ago is not judged as it should be, ms. */
const IDLE_MS = 300_000;
const MONTH = 31 * 86_400_000;

export type Gathering = {
  readonly world: AlertWorld;
  readonly rules: readonly Rule[];
  readonly facts: DigestFacts;
  /** Among which messages new kinds are looked for. */
  readonly query: string;
  /** Kinds that are known; undefined the first time. */
  readonly known: StoredTemplates | undefined;
  readonly window: Stretch;
};

/** All that a digest tells, and what is known of kinds from now on. What cannot be found out is said, and stops nothing. */
export async function gather(all: Gathering): Promise<{ report: DigestReport; kinds: StoredTemplates }> {
  const { world, window, query, known, facts } = all;
  const unknown: string[] = [];
  const tried = async <Value>(what: string, work: Promise<Value>, otherwise: Value): Promise<Value> =>
    work.catch((error: unknown) => {
      unknown.push(`${what}: ${reasonOf(error)}`);
      return otherwise;
    });
  const before = { from: window.from - (window.to - window.from), to: window.from };
  const lines = await tried('how many lines came', count(world, window), 0);
  const linesBefore = await tried('how many came before', count(world, before), 0);
  const hosts = await tried('who sent most', talkers(world, 'hostname', { window, before }), NOBODY);
  const programs = await tried('what wrote most', talkers(world, 'appname', { window, before }), NOBODY);
  const none: Kinds = { fresh: [], stored: known ?? [], known: 0, cut: false };
  const kinds = await tried('which messages are new', newKinds(world, query, { window, known: known ?? [] }), none);
  const silent = await tried('which hosts are silent', silentHosts(world), []);
  const noDrops: Drops = { reasons: [], faults: [] };
  const disk = await tried('what the disk holds', facts.disk(), undefined);
  const report: DigestReport = {
    ...{ window, lines, linesBefore, hosts: hosts.names, talkers: hosts.top, programs: programs.top },
    kinds: {
      ...top(known ? kinds.fresh : [], KINDS),
      query,
      ...(!known && { learned: kinds.known }),
      ...(kinds.cut && { cut: true as const }),
    },
    silent: top(silent, LISTED),
    drops: await tried('what was dropped', facts.drops(window), noDrops),
    incidents: top(await tried('what is firing', openIncidents(world), []), LISTED),
    outbox: await tried('what waits to be sent', outbox(world), NOTHING),
    ...(disk && { disk }),
    idle: await tried('which rules are judged', idle(all), []),
    ...(await muted(world)),
    unknown,
  };
  return { report, kinds: kinds.stored };
}

const NOTHING: OutboxRow = { waiting: 0, refused: 0 };
const NOBODY = { names: 0, top: [] as readonly Talker[] };

function top<Row>(rows: readonly Row[], most: number): Top<Row> {
  return { shown: rows.slice(0, most), more: Math.max(0, rows.length - most) };
}

async function counts({ store, visible }: AlertWorld, { from, to }: Stretch, by: readonly string[]) {
  const filter: Filter = parseQuery('*', { now: 0 });
  const query: Query = { filter, since: from, until: to, upTo: visible(), order: 'oldest' };
  return store.aggregate(query, { by, atMost: MAX_NAMES }, new AbortController().signal);
}

async function count(world: AlertWorld, stretch: Stretch): Promise<number> {
  return (await counts(world, stretch, []))[0]?.count ?? 0;
}

/** The names of a field with the most lines, beside what they had before. */
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
  const all = (await state.scan('rule/')).flatMap(({ value }) => (value as RuleState).incident ?? []);
  const open = all.filter((one: Incident) => one.state === 'open').sort((a, b) => a.since - b.since);
  return open.map(({ id, since, total, acknowledged }) => ({
    id,
    since,
    total,
    acknowledged: acknowledged !== undefined,
  }));
}

async function outbox({ state, now }: AlertWorld): Promise<OutboxRow> {
  return unsent(
    (await letters(state)).map(({ letter }) => letter),
    now(),
  );
}

/** Rules with a tick that should have been judged long ago and was not. */
async function idle({ world, rules }: Gathering): Promise<DigestReport['idle']> {
  const now = world.now();
  const found = await Promise.all(
    rules.map(async ({ name, schedule, timezone }) => {
      const known = (await world.state.get(`rule/${name}`))?.value as RuleState | undefined;
      if (!known) return { rule: name };
      const missed = createSchedule(schedule, timezone).ticks(Math.max(known.tick, now - MONTH), now - IDLE_MS, 1);
      return missed.length > 0 ? { rule: name, since: known.tick } : undefined;
    }),
  );
  return found.filter((one) => one !== undefined);
}

async function muted({ state, now }: AlertWorld): Promise<{ mutedUntil?: number }> {
  const until = ((await state.get('mute'))?.value as { readonly until: number } | undefined)?.until ?? 0;
  return until > now() ? { mutedUntil: until } : {};
}
