import { DAY, MINUTE } from '../base/units.ts';
import { type HostClock, type ClockSamples, withSample } from './clocks.ts';
import { type Listening, listenedThrough, listeningSince, openSince } from './listening.ts';
import { Rhythm } from './rhythm.ts';

/** Hosts in the ledger. Beyond this, hosts that sent little and have stopped make room. */
const MAX_HOSTS = 20_000;
/** A host that sent this much, over this long (ms), is known: its silence is worth reporting. */
const KNOWN_MESSAGES = 20;
const KNOWN_MS = DAY;
/** A host that is not known yet stays at least this long, ms. */
const STRANGER_MS = 10 * MINUTE;

/** A host as stored in the ledger; times in ms, to the minute. The keys are a stored format. */
export type HostRow = {
  readonly host: string;
  readonly first: number;
  readonly last: number;
  readonly messages: number;
  readonly transports: readonly string[];
  readonly formats: readonly string[];
  /** The listeners that its last sampled messages arrived at. */
  readonly listeners?: readonly string[];
  /** As `Rhythm.stored()` returns it. */
  readonly rhythm: string;
  /** Absent until its timestamps have been sampled. */
  readonly clock?: HostClock;
  /** Since when it has been expected by name, ms. */
  readonly expectedSince?: number;
  /** How long it may take to send its first message, ms; a day if absent. */
  readonly expectedWithin?: number;
  /** Not expected until it sends again. */
  readonly retired?: true;
  /** Since when it has been reported silent, ms. */
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
  expectedWithin?: number | undefined;
  retired?: true | undefined;
  silentSince?: number | undefined;
};

/** What arrived from a host within one minute. */
export type HostMinute = {
  readonly host: string;
  /** The minute, ms. */
  readonly at: number;
  readonly messages: number;
  /** Absent while there are too many host names. */
  readonly transport?: string;
  readonly format?: string;
};

/**
 * Every host that ever sent, and those expected by name: when, how often and how each one sends.
 */
export class HostLedger {
  readonly #hosts = new Map<string, Host>();
  /** Hosts that may make room, oldest first; some of them may have become known since. */
  readonly #strangers = new Set<string>();
  /** Host minutes that were discarded because the ledger was full. */
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

  /**
   * Adds minutes, in order of time. A gap in which we were not listening all the time is not
   * learned from.
   */
  add(minutes: readonly HostMinute[], listening: Listening): void {
    for (const { host: name, at, messages, transport, format } of minutes) {
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

  /** Records sampled messages; hosts that are not in the ledger are ignored. */
  observe({ samples, listeners }: ClockSamples): void {
    for (const [name, some] of listeners) {
      const host = this.#hosts.get(name);
      if (host) host.listeners = some;
    }
    for (const sample of samples) {
      const host = this.#hosts.get(sample.host);
      if (host) host.clock = withSample(host.clock, sample);
    }
  }

  /** Names of hosts that have sent enough to be known, and of those that are expected. */
  known(): string[] {
    const known = [...this.#hosts.values()].filter(
      ({ messages, expectedSince }) => messages >= KNOWN_MESSAGES || expectedSince !== undefined,
    );
    return known.map(({ host }) => host);
  }

  /** Whether a host has sent enough to be known. */
  knows(name: string): boolean {
    return (this.#hosts.get(name)?.messages ?? 0) >= KNOWN_MESSAGES;
  }

  /** Hosts that have been silent for longer than usual, or that are expected and never sent. */
  silent(now: number, listening: Listening): HostRow[] {
    const since = listeningSince(listening.stretches, now);
    const isSilent = (host: Host): boolean => {
      const due = dueOf(host, Math.max(since, openSince(listening, host.listeners)));
      return due !== undefined && (now >= due || isSilentTwice(host, now, listening));
    };
    return [...this.#hosts.values()].filter(isSilent).map(rowOf);
  }

  /** When the silence of a host becomes worth reporting, ms; undefined if it never does. */
  due(name: string, listening = 0): number | undefined {
    const host = this.#hosts.get(name);
    return host && dueOf(host, listening);
  }

  /** Records which hosts have been reported silent since when (ms), and that all others are not. */
  mark(silent: ReadonlyMap<string, number>): void {
    for (const host of this.#hosts.values()) host.silentSince = silent.get(host.host);
  }

  /** Expects hosts by name, including hosts that have never sent. */
  expect(names: readonly string[], now: number, within?: number): void {
    for (const name of names) {
      const host = this.#hosts.get(name) ?? this.#add(name, now);
      host.expectedSince ??= now;
      host.expectedWithin = within ?? host.expectedWithin;
      host.retired = undefined;
    }
  }

  /** Stops expecting a host until it sends again. @returns whether the ledger has it */
  retire(name: string): boolean {
    const host = this.#hosts.get(name);
    if (!host) return false;
    host.retired = true;
    host.expectedSince = undefined;
    host.expectedWithin = undefined;
    host.silentSince = undefined;
    return true;
  }

  rows(): HostRow[] {
    return [...this.#hosts.values()].map(rowOf);
  }

  /** Adds a host if there is room; a known host never makes room. */
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

  /** Removes the oldest host that is not known, unless it sent within the last minutes. */
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

/**
 * Each downtime of ours restarts the allowed time, so it might never elapse; twice the allowed time
 * since the last message is always enough.
 */
function isSilentTwice(host: Host, now: number, listening: Listening): boolean {
  const { last, messages } = host;
  const allowed = (dueOf(host, last) ?? Infinity) - last;
  return messages > 0 && now - last >= 2 * allowed && hasListened(host, now, listening);
}

/** Whether we were listening nearly all the time from its last message to `to`, ms. */
function hasListened({ last, listeners }: Host, to: number, listening: Listening): boolean {
  return openSince(listening, listeners) <= last && listenedThrough(listening.stretches, last, to);
}

function dueOf(host: Host, listening: number): number | undefined {
  const { messages, first, last, expectedSince, expectedWithin = DAY, retired, rhythm } = host;
  if (retired) return undefined;
  if (messages === 0)
    return expectedSince === undefined ? undefined : Math.max(expectedSince, listening) + expectedWithin;
  const known = messages >= KNOWN_MESSAGES && last - first >= KNOWN_MS;
  if (!known && expectedSince === undefined) return undefined;
  const allowed = rhythm.allowedUntil(last, first) ?? last + DAY;
  // A time in which we were not listening was not silence: the allowed time starts again.
  return last >= listening ? allowed : listening + (allowed - last);
}

function rowOf({ rhythm, clock, expectedSince, expectedWithin, retired, silentSince, ...host }: Host): HostRow {
  return {
    ...host,
    rhythm: rhythm.stored(),
    ...(clock && { clock }),
    ...(expectedSince !== undefined && { expectedSince }),
    ...(expectedWithin !== undefined && { expectedWithin }),
    ...(retired && { retired }),
    ...(silentSince !== undefined && { silentSince }),
  };
}
