import { fold } from '../model/tokens.ts';
import type { LogMessage } from '../model/message.ts';
import type { Query } from '../model/query.ts';
import { offsetAt } from '../base/zone.ts';
import type { HostZone } from './contract.ts';
import { type ClockSample, leadOf, type Looked, type Sender } from './clocks.ts';
import type { AlertWorld } from '../alert/contract.ts';

/** Of the lines of a minute, the newest are looked at. */
const NEWEST = 2000;
/** Hosts that were not among them are looked at one by one: so many a minute and so long (ms), so many lines of each. */
const QUIET = 50;
const BUDGET_MS = 300;
const LINES = 8;
/** A host that was looked at within this time waits, ms. */
const AGAIN_MS = 10 * 60_000;
/** Who parses hears of a zone that was set within this time, ms. */
const HEARD_MS = 10_000;
const MINUTE = 60_000;
const MAX_REMEMBERED = 50_000;

type Window = Pick<Query, 'after' | 'upTo'>;
type Seen = {
  readonly sent: number[];
  readonly bare: number[];
  readonly listeners: Set<string>;
  offset: number;
  sender: Sender;
};

/** Looks at a few lines of each minute, for what their stamps say of the clocks of those who sent them. */
export class ClockSampler {
  readonly #world: AlertWorld;
  /** When each host was last looked at, ms; forgotten as a whole where there are too many. */
  readonly #lookedAt = new Map<string, number>();

  constructor(world: AlertWorld) {
    this.#world = world;
  }

  /** @param hosts those that said something in the window and are worth a look of their own */
  async sample(window: Window, hosts: readonly string[], now: number): Promise<Looked> {
    const { store, zones } = this.#world;
    const set = new Map((await zones.hosts.list()).map((one) => [one.host, one]));
    const seen = new Map<string, Seen>();
    const look = async (filter: Query['filter'], limit: number): Promise<void> => {
      const query: Query = { ...window, filter, order: 'newest', limit };
      for await (const chunk of store.find(query, new AbortController().signal)) {
        for (const message of chunk) this.#add(seen, message, set);
      }
    };
    await look({ kind: 'exists', field: 'hostname' }, NEWEST);
    for (const host of seen.keys()) this.#lookedAt.set(host, now);
    const until = performance.now() + BUDGET_MS;
    for (const host of this.#waiting(hosts, now)) {
      if (performance.now() > until) break;
      await look({ kind: 'equals', field: 'hostname', value: fold(host) }, LINES);
      this.#lookedAt.set(host, now);
    }
    if (this.#lookedAt.size > MAX_REMEMBERED) this.#lookedAt.clear();
    return {
      samples: [...seen].flatMap(([host, one]) => samplesOf(host, one, now)),
      listeners: [...seen].map(([host, one]) => [host, [...one.listeners]]),
    };
  }

  #waiting(hosts: readonly string[], now: number): string[] {
    const last = (host: string): number => this.#lookedAt.get(host) ?? 0;
    const due = hosts.filter((host) => now - last(host) > AGAIN_MS);
    return due.sort((a, b) => last(a) - last(b)).slice(0, QUIET);
  }

  #add(seen: Map<string, Seen>, message: LogMessage, set: ReadonlyMap<string, HostZone>): void {
    const { hostname: host, flags, source, received_at, timestamp, timestamp_offset: offset } = message;
    if (host === undefined) return;
    const one = seen.get(host) ?? { sent: [], bare: [], listeners: new Set(), offset: 0, sender: source };
    seen.set(host, one);
    one.listeners.add(source.listener);
    const arrival = received_at.getTime();
    const lead = timestamp.getTime() - arrival;
    if (flags.includes('no_timestamp')) return;
    if (offset !== undefined) {
      if (one.sent.push(lead) === 1) one.offset = offset;
      return;
    }
    const own = set.get(host);
    // Which zone it was read in is not certain around a change.
    if (own && arrival < own.since + HEARD_MS) return;
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
