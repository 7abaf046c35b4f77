import { neverAborted } from '../base/abort.ts';
import { HOUR, MINUTE } from '../base/units.ts';
import type { Group, Query } from '../model/query.ts';
import { ClockSampler } from './clock-samples.ts';
import type { HostsWorld } from './contract.ts';
import { HostLedger, type HostMinute } from './ledger.ts';
import { type LedgerProgress, saveLedger, storedHosts, storedProgress, takeOrders } from './ledger-state.ts';
import type { Listening } from './listening.ts';

/**
 * How often the ledger is written, ms; a small one more often. After a crash, what came since is
 * counted again.
 */
const SAVE_MS = 5 * MINUTE;
const SAVE_SMALL_MS = MINUTE;
const SMALL = 1000;
/** Combinations of host, transport, format and minute that one round reads at most. */
const MAX_GROUPS = 50_000;
/** More host names than this in one round are taken for forged. */
const MAX_NAMES = 50_000;
/** If more names than this sent within a minute, most of them may be forged. */
const MAX_STRANGERS = 5000;

const GROUPING = { by: ['hostname', 'source.transport', 'format'], every: MINUTE };

/** Decides after each minute, from the ledger, which silences to report. */
export type JudgeSilence = (ledger: HostLedger, now: number, listening: Listening) => Promise<void>;

/** Keeps the host ledger, a minute at a time. One process at a time may do so. */
export class HostLedgerKeeper {
  readonly #world: HostsWorld;
  readonly #judge: JudgeSilence;
  #ledger: HostLedger | undefined;
  #progress: LedgerProgress = { cursor: [], minute: 0 };
  #savedAt = 0;
  readonly #clocks: ClockSampler;
  #flooded = false;

  constructor(world: HostsWorld, judge: JudgeSilence) {
    this.#world = world;
    this.#judge = judge;
    this.#clocks = new ClockSampler(world);
  }

  /**
   * Counts the messages of the minutes that are over, once each, and judges which hosts are silent.
   */
  async round(): Promise<void> {
    const now = this.#world.now();
    const minute = Math.floor(now / MINUTE) * MINUTE;
    this.#ledger ??= await this.#load(now);
    const ledger = this.#ledger;
    const changed = await takeOrders(this.#world.state, (order) => {
      if ('expect' in order) ledger.expect(order.expect, now, order.within);
      else ledger.retire(order.retire);
    });
    if (minute > this.#progress.minute && this.#world.isComplete(minute)) {
      const listening = await this.#world.listened(now);
      const { cursor } = this.#progress;
      const minutes = await this.#count(ledger, minute);
      ledger.add(minutes, listening);
      await this.#judge(ledger, minute, listening);
      await this.#sampleClocks(ledger, minutes, { after: cursor, now });
    }
    const every = ledger.size <= SMALL ? SAVE_SMALL_MS : SAVE_MS;
    if (changed || now - this.#savedAt >= every) await this.#save(ledger, now);
  }

  /** Reads the ledger again in the next round: another process may have kept it in the meantime. */
  forget(): void {
    this.#ledger = undefined;
  }

  async #load(now: number): Promise<HostLedger> {
    const { state, visible } = this.#world;
    const rows = await storedHosts(state);
    const progress = await storedProgress(state);
    this.#progress = progress ?? { cursor: visible(), minute: Math.floor(now / MINUTE) * MINUTE };
    this.#savedAt = now;
    return new HostLedger(rows);
  }

  /** Messages by host and minute since the last round. */
  async #count(ledger: HostLedger, minute: number): Promise<HostMinute[]> {
    const upTo = this.#world.visible();
    const query: Query = {
      filter: { kind: 'exists', field: 'hostname' },
      after: this.#progress.cursor,
      upTo,
      order: 'oldest',
    };
    const groups = await this.#groups(ledger, query);
    this.#progress = { cursor: upTo, minute };
    return groups.flatMap((group) => (group.rest ? [] : [hostMinuteOf(group)])).sort((a, b) => a.at - b.at);
  }

  /**
   * Counts by host; if there are too many names, only the known hosts apart and all others as one.
   */
  async #groups(ledger: HostLedger, query: Query): Promise<Group[]> {
    const { store, log } = this.#world;
    const signal = neverAborted();
    const known = (): Promise<Group[]> => {
      const only = ledger.known().map((host) => [host]);
      return store.aggregate(query, { by: ['hostname'], every: MINUTE, only }, signal);
    };
    if (this.#flooded) {
      const groups = await known();
      if (groups.some(({ rest, count }) => rest && count > MAX_GROUPS)) return groups;
    }
    const groups = await store.aggregate(query, { ...GROUPING, atMost: MAX_GROUPS }, signal);
    const flooded = groups.length > MAX_GROUPS && (await this.#hasTooManyNames(query));
    if (flooded && !this.#flooded) {
      log.warn(`more than ${MAX_NAMES} host names in a minute, possibly forged; only known hosts are recorded`);
    }
    this.#flooded = flooded;
    if (flooded) return await known();
    return groups.length > MAX_GROUPS ? await this.#groupsByHour(query) : groups;
  }

  async #hasTooManyNames(query: Query): Promise<boolean> {
    const grouping = { by: ['hostname'], atMost: MAX_NAMES };
    return (await this.#world.store.aggregate(query, grouping, neverAborted())).length > MAX_NAMES;
  }

  /** Counts a long backlog, of few hosts in many minutes, an hour at a time. */
  async #groupsByHour(query: Query): Promise<Group[]> {
    const { store } = this.#world;
    const signal = neverAborted();
    const hours = await store.aggregate(query, { by: [], every: HOUR }, signal);
    const all: Group[] = [];
    for (const at of hours.map((hour) => hour.at!).sort((a, b) => a - b)) {
      const ofHour = { ...query, since: at, until: at + HOUR };
      for (const group of await store.aggregate(ofHour, GROUPING, signal)) all.push(group);
    }
    return all;
  }

  /**
   * Samples what the timestamps of the minute show; unknown hosts are skipped if there are too many
   * names.
   */
  async #sampleClocks(
    ledger: HostLedger,
    minutes: readonly HostMinute[],
    { after, now }: { readonly after: readonly string[]; readonly now: number },
  ): Promise<void> {
    if (minutes.length === 0) return;
    const names = [...new Set(minutes.map(({ host }) => host))];
    const hosts = names.length > MAX_STRANGERS ? names.filter((name) => ledger.knows(name)) : names;
    ledger.observe(await this.#clocks.sample({ after, upTo: this.#progress.cursor }, hosts, now));
  }

  async #save(ledger: HostLedger, now: number): Promise<void> {
    await saveLedger(this.#world.state, ledger.rows(), this.#progress);
    this.#savedAt = now;
  }
}

function hostMinuteOf({ values, at, count }: Group): HostMinute {
  const [host, transport, format] = values.map(String);
  const how = transport !== undefined && format !== undefined && { transport, format };
  return { host: host!, at: at!, messages: count, ...how };
}
