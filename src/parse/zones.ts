import { BlockList, isIP } from 'node:net';
import type { Source } from '../model/message.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Years whose changes are looked up; instants outside take the nearest of them. It bounds what a zone can remember. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2099;
/** No zone changes its offset twice within this time. */
const STEP = 3 * DAY;

/** The offsets of a zone over time. Times are ms; `local` is wall time written as if it were UTC. */
export interface Zone {
  readonly name: string;
  /** ms east of UTC at an instant. */
  offsetAt(utc: number): number;
  /**
   * The instant of a wall time. Of an hour that comes twice the instant nearest to `near` is meant; a time that
   * was skipped is read with the offset that held before the gap.
   */
  utcOf(local: number, near: number): number;
  /** Whether a wall time comes twice. */
  isTwice(local: number): boolean;
}

const known = new Map<string, Zone>();

/** The zone of an IANA name or a fixed offset (`+02:00`, `-0530`, `UTC`, `Z`); UTC where `isZone` says no. */
export function zone(name: string): Zone {
  let found = known.get(name);
  if (found === undefined) {
    found = makeZone(name) ?? new FixedZone(name, 0);
    known.set(name, found);
  }
  return found;
}

/** Whether `zone` knows the name; what a configuration is checked with. */
export function isZone(name: string): boolean {
  return makeZone(name) !== undefined;
}

function makeZone(name: string): Zone | undefined {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(name);
  if (match !== null) {
    const minutes = Number(match[2]) * 60 + Number(match[3]);
    if (Number(match[3]) > 59 || minutes > 18 * 60) return undefined;
    return new FixedZone(name, (match[1] === '-' ? -minutes : minutes) * MINUTE);
  }
  if (/^(z|utc|gmt|etc\/utc)$/i.test(name)) return new FixedZone(name, 0);
  try {
    return new NamedZone(name);
  } catch {
    return undefined;
  }
}

class FixedZone implements Zone {
  readonly name: string;
  readonly #offset: number;

  constructor(name: string, offset: number) {
    this.name = name;
    this.#offset = offset;
  }

  offsetAt(): number {
    return this.#offset;
  }

  utcOf(local: number): number {
    return local - this.#offset;
  }

  isTwice(): boolean {
    return false;
  }
}

/** From `at` on, the zone is `offset` ms east of UTC. */
type Change = { readonly at: number; readonly offset: number };

class NamedZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  /** Of a year of UTC: the offset at its start, then each change within it. */
  readonly #years = new Map<number, readonly Change[]>();
  // Between these instants the offset is this one.
  #from = 0;
  #to = 0;
  #offset = 0;

  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  offsetAt(utc: number): number {
    if (utc < this.#from || utc >= this.#to) this.#find(utc);
    return this.#offset;
  }

  utcOf(local: number, near: number): number {
    const before = local - this.offsetAt(local - DAY);
    const after = local - this.offsetAt(local + DAY);
    if (before === after) return before;
    const holdsBefore = this.offsetAt(before) === local - before;
    const holdsAfter = this.offsetAt(after) === local - after;
    if (holdsBefore && holdsAfter) return Math.abs(before - near) <= Math.abs(after - near) ? before : after;
    return holdsAfter ? after : before;
  }

  isTwice(local: number): boolean {
    const before = local - this.offsetAt(local - DAY);
    const after = local - this.offsetAt(local + DAY);
    return before !== after && this.offsetAt(before) === local - before && this.offsetAt(after) === local - after;
  }

  /** Remembers between which instants of a year the offset is the one at `utc`. */
  #find(utc: number): void {
    const year = Math.min(LAST_YEAR, Math.max(FIRST_YEAR, new Date(utc).getUTCFullYear()));
    let changes = this.#years.get(year);
    if (changes === undefined) {
      changes = this.#changesOf(year);
      this.#years.set(year, changes);
    }
    let index = changes.length - 1;
    while (index > 0 && changes[index]!.at > utc) index--;
    this.#offset = changes[index]!.offset;
    this.#from = Math.min(utc, changes[index]!.at);
    this.#to = changes[index + 1]?.at ?? Math.max(utc + 1, Date.UTC(year + 1, 0, 1));
  }

  #changesOf(year: number): Change[] {
    const start = Date.UTC(year, 0, 1);
    const end = Date.UTC(year + 1, 0, 1);
    let offset = this.#ask(start);
    const changes: Change[] = [{ at: start, offset }];
    for (let at = start; at < end; at += STEP) {
      const next = Math.min(at + STEP, end);
      const then = this.#ask(next);
      if (then === offset) continue;
      const change = this.#search(at, next);
      if (change < end) changes.push({ at: change, offset: then });
      offset = then;
    }
    return changes;
  }

  /** The first minute in (low, high] that has the offset of `high`. */
  #search(low: number, high: number): number {
    const target = this.#ask(high);
    let before = low / MINUTE;
    let after = high / MINUTE;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#ask(middle * MINUTE) === target) after = middle;
      else before = middle;
    }
    return after * MINUTE;
  }

  #ask(utc: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(utc)) part[type] = Number(value);
    const wall = Date.UTC(
      part['year']!,
      part['month']! - 1,
      part['day']!,
      part['hour']!,
      part['minute']!,
      part['second']!,
    );
    return wall - utc;
  }
}

/** Senders of a network are in a zone. `cidr` is `10.1.0.0/16`, `2001:db8::/32` or one address. */
export type ZoneEntry = { readonly cidr: string; readonly zone: string };

/** How stamps without a zone are read: per network, then per listener, then by `otherwise`. */
export type ZoneSettings = {
  readonly networks: readonly ZoneEntry[];
  /** Listener name → zone. */
  readonly listeners: Readonly<Record<string, string>>;
  readonly otherwise: string;
};

/**
 * What `createParser` takes as `zoneOf`: the longest network that holds the peer's address decides, else its
 * listener's zone, else `otherwise`. @throws RangeError where a network cannot be read
 */
export function zonePicker(settings: ZoneSettings): (source: Pick<Source, 'ip' | 'listener'>) => string {
  const table = zoneTable(settings.networks);
  const listeners = new Map(Object.entries(settings.listeners));
  return (source) => table(source.ip) ?? listeners.get(source.listener) ?? settings.otherwise;
}

/**
 * Picks the zone of the longest network that holds an address; an IPv4-mapped IPv6 address counts as IPv4.
 * @throws RangeError where an entry's network cannot be read
 */
export function zoneTable(entries: readonly ZoneEntry[]): (ip: string) => string | undefined {
  const networks = entries.map(({ cidr, zone: name }) => ({ ...network(cidr), name }));
  networks.sort((a, b) => b.prefix - a.prefix);
  return (ip) => {
    const address = unmapped(ip);
    const family = isIP(address);
    if (family === 0) return undefined;
    const found = networks.find((entry) => entry.family === family && entry.list.check(address, familyName(family)));
    return found?.name;
  };
}

function network(cidr: string): { list: BlockList; prefix: number; family: number } {
  const match = /^(.*?)(?:\/(\d{1,3}))?$/.exec(cidr)!;
  const mapped = isIP(match[1]!) === 6 && unmapped(match[1]!) !== match[1];
  const address = unmapped(match[1]!);
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const prefix = match[2] === undefined ? bits : Number(match[2]) - (mapped ? 96 : 0);
  if (family === 0 || prefix < 0 || prefix > bits) {
    throw new RangeError(`cannot read network ${cidr}: write an address or CIDR, as in 10.1.0.0/16 or 2001:db8::/32`);
  }
  const list = new BlockList();
  list.addSubnet(address, prefix, familyName(family));
  return { list, prefix, family };
}

function familyName(family: number): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
}

function unmapped(ip: string): string {
  const match = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  return match !== null && isIP(match[1]!) === 4 ? match[1]! : ip;
}
