import { type HostClock, type Looked, withSample } from './clocks.ts';
import { type Listening, listenedThrough, listeningSince, openSince } from './listened.ts';
import { Rhythm } from './rhythm.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Hosts that are kept. Beyond it, those that have said little and are gone make room. */
const MAX_HOSTS = 20_000;
/** From when on a host is known: its silence is remarkable. */
const KNOWN_MESSAGES = 20;
const KNOWN_MS = DAY;
/** A stranger stays for as long as this, ms. */
const STRANGER_MS = 10 * MINUTE;

/** A sender as the ledger keeps it; times in ms, minutes apart. */
export type HostRow = {
  readonly host: string;
  readonly first: number;
  readonly last: number;
  readonly messages: number;
  readonly transports: readonly string[];
  readonly formats: readonly string[];
  /** Where its lines came in that were looked at last. */
  readonly listeners?: readonly string[];
  /** As `Rhythm` stores it. */
  readonly rhythm: string;
  /** Absent until its stamps were looked at. */
  readonly clock?: HostClock;
  /** Since when it is awaited by name, ms. */
  readonly expectedSince?: number;
  /** Nobody waits for it any more, until it sends again. */
  readonly retired?: true;
  /** Since when its silence is an incident, ms. */
  readonly silentSince?: number;
};

type Host = {
  readonly host: string;
  first: number;
  last: number;
  messages: number;
  transports: readonly string[];
  formats: readonly string[];
  listeners: readonly string[];
  readonly rhythm: Rhythm;
  clock?: HostClock | undefined;
  expectedSince?: number | undefined;
  retired?: true | undefined;
  silentSince?: number | undefined;
};

/** What arrived from a host within a minute. */
export type Heard = {
  readonly host: string;
  /** The minute, ms. */
  readonly at: number;
  readonly messages: number;
  /** Absent in a flood of names. */
  readonly transport?: string;
  readonly format?: string;
};

/** Every host that ever sent, and those that are awaited: when, what, how often. */
export class Ledger {
  readonly #hosts = new Map<string, Host>();
  /** Hosts that may make room, in the order they came, and some that have become known since. */
  readonly #strangers = new Set<string>();
  /** Messages or minutes of hosts that could not be taken in. */
  refused = 0;

  constructor(rows: readonly HostRow[] = []) {
    for (const row of rows) {
      this.#hosts.set(row.host, { listeners: [], ...row, rhythm: new Rhythm(row.rhythm) });
      if (row.messages < KNOWN_MESSAGES) this.#strangers.add(row.host);
    }
  }

  get size(): number {
    return this.#hosts.size;
  }

  /** Takes in what was heard, minutes in order. A gap that we did not listen through teaches nothing. */
  take(heard: readonly Heard[], listening: Listening): void {
    for (const { host: name, at, messages, transport, format } of heard) {
      const host = this.#hosts.get(name) ?? this.#admit(name, at);
      if (!host) {
        this.refused++;
        continue;
      }
      if (host.messages > 0 && at > host.last && hasListened(host, at, listening)) {
        host.rhythm.learn(host.last, at);
      }
      if (host.messages === 0) host.first = at;
      host.last = Math.max(host.last, at);
      host.messages += messages;
      if (transport && !host.transports.includes(transport)) host.transports = [...host.transports, transport];
      if (format && !host.formats.includes(format)) host.formats = [...host.formats, format];
      host.retired = undefined;
    }
  }

  /** What was seen of lines; of hosts that are not in the ledger nothing is kept. */
  observe({ samples, listeners }: Looked): void {
    for (const [name, some] of listeners) {
      const host = this.#hosts.get(name);
      if (host) host.listeners = some;
    }
    for (const sample of samples) {
      const host = this.#hosts.get(sample.host);
      if (host) host.clock = withSample(host.clock, sample);
    }
  }

  /** Hosts that are more than a name, and those that are awaited. */
  known(): string[] {
    const known = [...this.#hosts.values()].filter(
      ({ messages, expectedSince }) => messages >= KNOWN_MESSAGES || expectedSince !== undefined,
    );
    return known.map(({ host }) => host);
  }

  /** Whether it has sent enough to be more than a name. */
  knows(name: string): boolean {
    return (this.#hosts.get(name)?.messages ?? 0) >= KNOWN_MESSAGES;
  }

  /** Hosts that are silent for longer than is usual, or that were awaited and never sent. */
  silent(now: number, listening: Listening): HostRow[] {
    const since = listeningSince(listening.stretches, now);
    const isSilent = (host: Host): boolean => {
      const due = dueOf(host, Math.max(since, openSince(listening, host.listeners)));
      return due !== undefined && (now >= due || isSilentTwice(host, now, listening));
    };
    return [...this.#hosts.values()].filter(isSilent).map(rowOf);
  }

  /** When the silence of a host becomes remarkable, ms; undefined where it never does. */
  due(name: string, listening = 0): number | undefined {
    const host = this.#hosts.get(name);
    return host && dueOf(host, listening);
  }

  /** Marks whose silence is an incident since when; all others are not. */
  mark(silent: ReadonlyMap<string, number>): void {
    for (const host of this.#hosts.values()) host.silentSince = silent.get(host.host);
  }

  /** Hosts to wait for, by name. */
  expect(names: readonly string[], now: number): void {
    for (const name of names) {
      const host = this.#hosts.get(name) ?? this.#add(name, now);
      host.expectedSince ??= now;
      host.retired = undefined;
    }
  }

  /** @returns whether there was such a host */
  retire(name: string): boolean {
    const host = this.#hosts.get(name);
    if (!host) return false;
    host.retired = true;
    host.expectedSince = undefined;
    host.silentSince = undefined;
    return true;
  }

  rows(): HostRow[] {
    return [...this.#hosts.values()].map(rowOf);
  }

  /** A new host, where there is room for one; an established one never makes room. */
  #admit(name: string, at: number): Host | undefined {
    if (this.#hosts.size >= MAX_HOSTS && !this.#makeRoom(at)) return undefined;
    return this.#add(name, at);
  }

  #add(name: string, at: number): Host {
    const host: Host = {
      host: name,
      first: at,
      last: at,
      messages: 0,
      transports: [],
      formats: [],
      listeners: [],
      rhythm: new Rhythm(),
    };
    this.#hosts.set(name, host);
    this.#strangers.add(name);
    return host;
  }

  /** Who came first of those that said little goes, unless it said that just now. */
  #makeRoom(now: number): boolean {
    for (const name of this.#strangers) {
      const host = this.#hosts.get(name);
      if (host && host.messages < KNOWN_MESSAGES && host.expectedSince === undefined) {
        if (now - host.last < STRANGER_MS) return false;
        this.#hosts.delete(name);
      }
      this.#strangers.delete(name);
      if (this.#hosts.size < MAX_HOSTS) return true;
    }
    return false;
  }
}

/** A moment in which we were deaf begins the time allowed anew, so that it may never end: twice that time is enough. */
function isSilentTwice(host: Host, now: number, listening: Listening): boolean {
  const { last, messages } = host;
  const allowed = (dueOf(host, last) ?? Infinity) - last;
  return messages > 0 && now - last >= 2 * allowed && hasListened(host, now, listening);
}

/** Whether it could have been heard nearly all the time from its last message to `to`, ms. */
function hasListened({ last, listeners }: Host, to: number, listening: Listening): boolean {
  return openSince(listening, listeners) <= last && listenedThrough(listening.stretches, last, to);
}

function dueOf({ messages, first, last, expectedSince, retired, rhythm }: Host, listening: number): number | undefined {
  if (retired) return undefined;
  if (messages === 0) return expectedSince === undefined ? undefined : Math.max(expectedSince, listening) + DAY;
  const known = messages >= KNOWN_MESSAGES && last - first >= KNOWN_MS;
  if (!known && expectedSince === undefined) return undefined;
  const allowed = rhythm.allowedUntil(last, first) ?? last + DAY;
  // What we did not listen to was not silence: the time allowed begins anew.
  return last >= listening ? allowed : listening + (allowed - last);
}

function rowOf({ rhythm, clock, expectedSince, retired, silentSince, ...host }: Host): HostRow {
  return {
    ...host,
    rhythm: rhythm.stored(),
    ...(clock && { clock }),
    ...(expectedSince !== undefined && { expectedSince }),
    ...(retired && { retired }),
    ...(silentSince !== undefined && { silentSince }),
  };
}
