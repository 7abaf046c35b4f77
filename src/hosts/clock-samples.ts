import { neverAborted } from '../base/abort.ts';
import { MINUTE } from '../base/units.ts';
import { offsetAt } from '../base/zone.ts';
import { fold } from '../model/tokens.ts';
import { type LogMessage, textSize } from '../model/message.ts';
import type { Query } from '../model/query.ts';
import { passageOf } from '../relay/index.ts';
import { relayListener } from './listening.ts';
import { type ClockSample, leadOf, type ClockSamples, type Sender } from './clocks.ts';
import type { HostsWorld, HostZone } from './contract.ts';

/** Of the messages of a minute, this many of the newest are sampled. */
const NEWEST = 2000;
/** Characters of text after which no more of them are read: two thousand large messages would fill the memory. */
const NEWEST_TEXT = 4 << 20;
/**
 * Hosts that were not among them are sampled one by one: at most this many a minute, for this long
 * (ms).
 */
const QUIET_HOSTS = 50;
const BUDGET_MS = 300;
/** Messages that are read of each. */
const MESSAGES = 8;
/** A host is not sampled again on its own within this time, ms. */
const AGAIN_MS = 10 * MINUTE;
/** Parsers pick up a changed zone within this time, ms. */
const ZONE_CHANGE_MS = 10_000;
const MAX_REMEMBERED = 50_000;

/** The messages of a minute, as bounds of ids. */
type IdRange = Pick<Query, 'after' | 'upTo'>;
type Seen = {
  readonly sent: number[];
  readonly bare: number[];
  readonly listeners: Set<string>;
  offset: number;
  sender: Sender;
};

/**
 * Samples a few messages of each minute for what their timestamps show about the clocks of their
 * hosts.
 */
export class ClockSampler {
  readonly #world: HostsWorld;
  /** When each host was last sampled, ms; emptied when there are too many. */
  readonly #sampledAt = new Map<string, number>();

  constructor(world: HostsWorld) {
    this.#world = world;
  }

  /** @param hosts hosts that sent within the range and may be sampled one by one */
  async sample(range: IdRange, hosts: readonly string[], now: number): Promise<ClockSamples> {
    const { store, zones } = this.#world;
    const set = new Map((await zones.hosts.list()).map((one) => [one.host, one]));
    const seen = new Map<string, Seen>();
    const read = async (filter: Query['filter'], limit: number): Promise<void> => {
      const query: Query = { ...range, filter, order: 'newest', limit };
      let text = 0;
      for await (const chunk of store.find(query, neverAborted())) {
        for (const message of chunk) this.#add(seen, message, set);
        text += chunk.reduce((sum, message) => sum + textSize(message), 0);
        if (text > NEWEST_TEXT) break;
      }
    };
    await read({ kind: 'exists', field: 'hostname' }, NEWEST);
    for (const host of seen.keys()) this.#sampledAt.set(host, now);
    const until = performance.now() + BUDGET_MS;
    for (const host of this.#waiting(hosts, now)) {
      if (performance.now() > until) break;
      await read({ kind: 'equals', field: 'hostname', value: fold(host) }, MESSAGES);
      this.#sampledAt.set(host, now);
    }
    if (this.#sampledAt.size > MAX_REMEMBERED) this.#sampledAt.clear();
    return {
      samples: [...seen].flatMap(([host, one]) => samplesOf(host, one, now)),
      listeners: [...seen].map(([host, one]) => [host, [...one.listeners]]),
    };
  }

  #waiting(hosts: readonly string[], now: number): string[] {
    const last = (host: string): number => this.#sampledAt.get(host) ?? 0;
    const due = hosts.filter((host) => now - last(host) > AGAIN_MS);
    return due.sort((a, b) => last(a) - last(b)).slice(0, QUIET_HOSTS);
  }

  #add(seen: Map<string, Seen>, message: LogMessage, set: ReadonlyMap<string, HostZone>): void {
    const { hostname: host, flags, source, received_at, timestamp, timestamp_offset: offset } = message;
    if (host === undefined) return;
    const passage = passageOf(message);
    const one = seen.get(host) ?? { sent: [], bare: [], listeners: new Set(), offset: 0, sender: source };
    seen.set(host, one);
    one.listeners.add(passage ? relayListener(passage.relays.at(-1)!) : source.listener);
    const arrival = passage?.at ?? received_at.getTime();
    const lead = timestamp.getTime() - arrival;
    if (flags.includes('no_timestamp')) return;
    if (offset !== undefined) {
      if (one.sent.push(lead) === 1) one.offset = offset;
      return;
    }
    // The server where it first arrived has read it, in a zone that only that server knows.
    if (passage) return;
    const own = set.get(host);
    // Right after a change it is uncertain which zone it was read in.
    if (own && arrival < own.since + ZONE_CHANGE_MS) return;
    const zone = own?.zone ?? this.#world.zones.of(source);
    if (one.bare.push(lead + offsetAt(timestamp.getTime(), zone)) === 1) one.sender = source;
  }
}

function samplesOf(host: string, { sent, bare, offset, sender }: Seen, now: number): ClockSample[] {
  const at = Math.floor(now / MINUTE) * MINUTE;
  const { ip, listener } = sender;
  return [
    ...(sent.length > 0 ? [{ kind: 'sent' as const, host, at, lead: leadOf(sent), offset }] : []),
    ...(bare.length > 0 ? [{ kind: 'bare' as const, host, at, lead: leadOf(bare), sender: { ip, listener } }] : []),
  ];
}
