import { createHash, randomBytes } from 'node:crypto';
import type { Group, Query } from '../model/query.ts';
import type { StateEntry, StoreState } from '../store/contract.ts';
import { MINUTE } from '../alert/evaluate/buckets.ts';
import { ClockSampler } from './clock-samples.ts';
import type { AlertWorld, Incident, Notice, SilentHost } from '../alert/contract.ts';
import { type Heard, type HostRow, Ledger } from './ledger.ts';
import type { Listening } from './listened.ts';
import { post } from '../alert/delivery/outbox.ts';
import { Rhythm } from './rhythm.ts';
import { isSilenced } from '../alert/delivery/silenced.ts';

/** The rule that nobody has to write. */
export const SILENT_HOSTS = 'silent-hosts';
const SHARDS = 64;
const ROWS = 'hosts/rows/';
const META = 'hosts/meta';
const SILENCE = 'hosts/silence';
export const ORDERS = 'hosts/orders';
/** How often the ledger is written, ms, and a small one. What came since is taken in again after a crash. */
const SAVE_MS = 5 * MINUTE;
const SAVE_SMALL_MS = MINUTE;
const SMALL = 1000;
/** Hosts, transports, formats and minutes that one look brings at most. */
const MAX_GROUPS = 50_000;
const FLOOD = 'meanwhile the ledger goes on with those it knows';
/** Where more names than this were heard in a minute, most of them may be forged. */
const MAX_STRANGERS = 5000;

export type HostWatchOptions = {
  /** Who is told; nobody is where it is empty, and `hosts --silent` shows it all the same. */
  readonly to: readonly string[];
  readonly severity: number;
};

type Meta = { readonly cursor: readonly string[]; readonly minute: number };
/** Silences that are incidents, and what is still to be told of them. */
type Silence = {
  readonly since: readonly (readonly [string, number])[];
  readonly number: number;
  readonly pending: readonly Notice[];
};
/** What somebody asked for on the command line. */
export type Order = { readonly expect: readonly string[] } | { readonly retire: string };

/** Keeps the ledger of hosts, a minute at a time, and tells of those that fall silent. */
export class HostWatch {
  readonly #world: AlertWorld;
  readonly #options: HostWatchOptions;
  readonly #told: () => void;
  #ledger: Ledger | undefined;
  #meta: Meta = { cursor: [], minute: 0 };
  #savedAt = 0;
  readonly #clocks: ClockSampler;
  #flooded = false;

  /** @param told called when something was put into the outbox */
  constructor(world: AlertWorld, options: HostWatchOptions, told: () => void) {
    this.#world = world;
    this.#clocks = new ClockSampler(world);
    this.#told = told;
    this.#options = options;
  }

  /** Takes in the minutes that are over, once each, and judges who is silent. */
  async round(): Promise<void> {
    const now = this.#world.now();
    const minute = Math.floor(now / MINUTE) * MINUTE;
    this.#ledger ??= await this.#load(now);
    const ledger = this.#ledger;
    const ordered = await this.#obey(ledger, now);
    if (minute > this.#meta.minute && this.#world.reached(minute)) {
      const listening = await this.#world.listened(now);
      const { cursor } = this.#meta;
      const heard = await this.#hear(ledger, minute);
      ledger.take(heard, listening);
      await this.#judge(ledger, minute, listening);
      await this.#look(ledger, heard, cursor, now);
    }
    const every = ledger.size <= SMALL ? SAVE_SMALL_MS : SAVE_MS;
    if (ordered || now - this.#savedAt >= every) await this.#save(ledger, now);
  }

  /** Reads the ledger anew at the next look: another process may have kept it meanwhile. */
  forget(): void {
    this.#ledger = undefined;
  }

  async #load(now: number): Promise<Ledger> {
    const { state, visible } = this.#world;
    const rows = (await state.scan(ROWS)).flatMap(({ value }) => value as HostRow[]);
    const meta = (await state.get(META))?.value as Meta | undefined;
    this.#meta = meta ?? { cursor: visible(), minute: Math.floor(now / MINUTE) * MINUTE };
    this.#savedAt = now;
    return new Ledger(rows);
  }

  async #hear(ledger: Ledger, minute: number): Promise<Heard[]> {
    const { visible } = this.#world;
    const upTo = visible();
    const query: Query = {
      filter: { kind: 'exists', field: 'hostname' },
      after: this.#meta.cursor,
      upTo,
      order: 'oldest',
    };
    const groups = await this.#groups(ledger, query);
    this.#meta = { cursor: upTo, minute };
    return groups.flatMap((group) => (group.rest ? [] : [heardOf(group)])).sort((a, b) => a.at - b.at);
  }

  /** What was heard by host; where there are too many names, of the hosts that are known, and the others as one. */
  async #groups(ledger: Ledger, query: Query): Promise<Group[]> {
    const { store, log } = this.#world;
    const { signal } = new AbortController();
    const known = (): Promise<Group[]> => {
      const only = ledger.known().map((host) => [host]);
      return store.aggregate(query, { by: ['hostname'], every: MINUTE, only }, signal);
    };
    if (this.#flooded) {
      const groups = await known();
      if (groups.some(({ rest, count }) => rest && count > MAX_GROUPS)) return groups;
    }
    const grouping = { by: ['hostname', 'source.transport', 'format'], every: MINUTE, atMost: MAX_GROUPS };
    const groups = await store.aggregate(query, grouping, signal);
    const flooded = groups.length > MAX_GROUPS;
    if (flooded && !this.#flooded) log.warn(`more than ${MAX_GROUPS} hosts in a minute, forged perhaps; ${FLOOD}`);
    this.#flooded = flooded;
    return flooded ? await known() : groups;
  }

  /** What the stamps of the minute say; strangers are looked at only where nobody else has a turn. */
  async #look(ledger: Ledger, heard: readonly Heard[], after: readonly string[], now: number): Promise<void> {
    if (heard.length === 0) return;
    const names = [...new Set(heard.map(({ host }) => host))];
    const hosts = names.length > MAX_STRANGERS ? names.filter((name) => ledger.knows(name)) : names;
    ledger.observe(await this.#clocks.sample({ after, upTo: this.#meta.cursor }, hosts, now));
  }

  /** Opens silences that are new, closes those that are over; a notice for all of either. */
  async #judge(ledger: Ledger, now: number, listening: Listening): Promise<void> {
    const { state } = this.#world;
    const entry = await state.get(SILENCE);
    const known = (entry?.value as Silence | undefined) ?? { since: [], number: 0, pending: [] };
    if (known.pending.length > 0) return this.#tell(known, entry!.revision);
    const before = new Map(known.since);
    const rows = new Map(ledger.rows().map((row) => [row.host, row]));
    const silent = new Map(ledger.silent(now, listening).map((row) => [row.host, row]));
    // That we were deaf for a while ends no silence.
    for (const [host, since] of before) {
      const row = rows.get(host);
      if (row && !row.retired && row.last <= since) silent.set(host, row);
    }
    const begun = [...silent.values()].filter(({ host }) => !before.has(host));
    const over = [...before].filter(([host]) => !silent.has(host));
    const back = over.filter(([host, since]) => (rows.get(host)?.last ?? 0) > since);
    ledger.mark(new Map([...silent.keys()].map((host) => [host, before.get(host) ?? now])));
    if (begun.length === 0 && over.length === 0) return;
    const since = [...silent.keys()].map((host) => [host, before.get(host) ?? now] as const);
    const number = known.number + 1;
    const pending = [
      ...(begun.length > 0 ? [this.#notice('firing', begun.map(silentHost), { number, now })] : []),
      ...(back.length > 0
        ? [
            this.#notice(
              'resolved',
              back.map(([host]) => silentHost(rows.get(host)!)),
              { number, now },
            ),
          ]
        : []),
    ];
    const next: Silence = { since, number, pending: (await isSilenced(this.#world, SILENT_HOSTS)) ? [] : pending };
    if (!(await state.put(SILENCE, next, entry?.revision ?? 0))) return;
    const written = await state.get(SILENCE);
    if (written && next.pending.length > 0) await this.#tell(next, written.revision);
  }

  async #tell(silence: Silence, revision: number): Promise<void> {
    const { state } = this.#world;
    for (const notice of silence.pending) await post(state, notice);
    this.#told();
    await state.put(SILENCE, { ...silence, pending: [] } satisfies Silence, revision);
  }

  #notice(
    kind: 'firing' | 'resolved',
    silent: readonly SilentHost[],
    { number, now }: { number: number; now: number },
  ): Notice {
    const since = Math.min(now, ...silent.map(({ last }) => last ?? now));
    const incident: Incident = {
      ...{ id: `${SILENT_HOSTS}-${number}`, rule: SILENT_HOSTS, since, openedAt: now, lastAt: now, state: 'open' },
      ...{ keys: silent.map(({ host }) => [JSON.stringify([host]), 0] as const), total: 0, notices: 1, noticedAt: now },
    };
    return {
      ...{ id: `${incident.id}.${kind}.${randomBytes(6).toString('hex')}`, kind, rule: SILENT_HOSTS, incident, silent },
      ...{ severity: this.#options.severity, to: this.#options.to, at: now, foundAt: this.#world.now() },
      ...{ window: { from: since, to: now }, condition: 'silent for longer than usual', query: '', by: ['hostname'] },
      ...{ samples: [], context: [], late: 0 },
    };
  }

  /** What was asked for on the command line, once. */
  async #obey(ledger: Ledger, now: number): Promise<boolean> {
    const { state } = this.#world;
    const entry = await state.get(ORDERS);
    if (!entry) return false;
    for (const order of entry.value as Order[]) {
      if ('expect' in order) ledger.expect(order.expect, now);
      else ledger.retire(order.retire);
    }
    return state.put(ORDERS, undefined, entry.revision);
  }

  /** Rows first: after a crash in between a minute is counted twice, and none is missed. */
  async #save(ledger: Ledger, now: number): Promise<void> {
    const shards = Map.groupBy(ledger.rows(), ({ host }) => shardOf(host));
    const { state } = this.#world;
    const written = new Map((await state.scan(ROWS)).map((entry) => [entry.key, entry]));
    for (let shard = 0; shard < SHARDS; shard++) {
      const key = `${ROWS}${shard}`;
      await write(state, { key, before: written.get(key), value: shards.get(shard) });
    }
    await write(state, { key: META, before: await state.get(META), value: this.#meta });
    this.#savedAt = now;
  }
}

type Change = { readonly key: string; readonly before: StateEntry | undefined; readonly value: unknown };

/** Writes whatever is there; one process at a time keeps the ledger. */
async function write(state: StoreState, { key, before, value }: Change): Promise<void> {
  if (JSON.stringify(before?.value) !== JSON.stringify(value)) await state.put(key, value, before?.revision ?? 0);
}

/** All hosts, as they were last written. */
export async function storedHosts(state: StoreState): Promise<HostRow[]> {
  const rows = (await state.scan(ROWS)).flatMap(({ value }) => value as HostRow[]);
  return rows.sort((a, b) => (a.host < b.host ? -1 : 1));
}

function shardOf(host: string): number {
  return createHash('sha1').update(host).digest()[0]! % SHARDS;
}

function heardOf({ values, at, count }: Group): Heard {
  const [host, transport, format] = values.map(String);
  const how = transport !== undefined && format !== undefined && { transport, format };
  return { host: host!, at: at!, messages: count, ...how };
}

/** A host whose silence is told of. */
export function silentHost({ host, first, last, messages, rhythm }: HostRow): SilentHost {
  const usual = new Rhythm(rhythm).usual(last, first);
  return { host, ...(messages > 0 && { last }), ...(usual !== undefined && { usual }) };
}
