import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { StoreReader, StoreState } from '../store/contract.ts';
import type { Sender } from './clocks.ts';
import type { HostRow } from './ledger.ts';
import type { Listening } from './listening.ts';

export type { Stretch } from './listening.ts';

/** What the host ledger is kept from. */
export type HostsWorld = {
  readonly store: Pick<StoreReader, 'find' | 'aggregate'>;
  /** The namespace of alerts, which the ledger shares. */
  readonly state: StoreState;
  readonly now: Clock;
  /** Ids up to which everything is stored, one for each node. */
  visible(): readonly string[];
  /**
   * Whether every node that is worth waiting for has stored everything that arrived before `at`,
   * ms.
   */
  isComplete(at: number): boolean;
  /**
   * When we were listening during the last month, in order; the last stretch ends at `now` if we
   * still are.
   */
  listened(now: number): Promise<Listening>;
  readonly zones: StampZones;
  readonly log: Logger;
};

/** The time zones that timestamps without an offset are read in. */
export type StampZones = {
  /** The zone that the configuration gives a sender. */
  of(sender: Sender): string;
  /** The zones that the configuration names, and the machine's own. */
  named(): readonly string[];
  /** The zones set for single hosts, which take precedence. */
  readonly hosts: HostZones;
};

/** A time zone set for a host by name, or removed from it. */
export type HostZone = {
  readonly host: string;
  /** Absent if the zone was removed: such an entry stays for a while. */
  readonly zone?: string;
  /** Since when, ms. */
  readonly since: number;
};

/** The time zones set for hosts; changed by compare-and-set only. */
export interface HostZones {
  /** The zones that are set, and those removed recently; sorted by host. */
  list(): Promise<HostZone[]>;
  /**
   * Sets zones by host; undefined removes one.
   * @throws CordwoodError ERR_USAGE if there are too many
   */
  set(zones: ReadonlyMap<string, string | undefined>): Promise<void>;
}

/** The namespace of the store's state that holds them. */
export const HOST_ZONES = 'host-zones';

/** A host that is silent, or was. */
export type SilentHost = {
  readonly host: string;
  /** When its last message arrived, ms; absent if it never sent one. */
  readonly last?: number;
  /** How long it is usually silent, ms. */
  readonly usual?: number;
};

/** A host of the ledger as people see it. */
export type ShownHost = Omit<HostRow, 'clock'> & {
  /**
   * How far its timestamps are ahead of their arrival, ms; those without an offset as they are read
   * now.
   */
  readonly skew?: number;
  /** The offset that its timestamps carry (`+01:00`), or the zone that they are read in. */
  readonly zone?: string;
};

/** What the timestamps of a host show about its clock. */
export type ClockRow = {
  readonly host: string;
  /** Whether its timestamps carry an offset or are bare. */
  readonly stamps: 'offset' | 'bare';
  /** The offset that they carry, or the zone that they are read in. */
  readonly zone: string;
  /** Whether that zone was set for this host by name. */
  readonly set: boolean;
  /**
   * How far they are ahead of their arrival (ms), and when that was last seen; absent until one was
   * seen.
   */
  readonly skew?: number;
  readonly at?: number;
  /**
   * `unsettled`: behind, but messages that were delayed look the same; more of them will show
   * which.
   */
  readonly state: 'ok' | 'off' | 'unsettled' | 'unseen';
  /** Why it is off: the zone that is assumed, the offset that is sent, or the clock itself. */
  readonly cause?: 'zone' | 'offset' | 'clock';
  /**
   * The zone that its timestamps are probably in, other candidates, and the skew that would remain,
   * ms.
   */
  readonly likely?: string;
  readonly others?: readonly string[];
  readonly left?: number;
};

/**
 * A zone that was set for a host, or removed; `before` is the zone its timestamps were read in
 * until then.
 */
export type ZoneChange = { readonly host: string; readonly before: string; readonly zone: string };

/** How many hosts the ledger has. */
export type HostCensus = {
  /** By state; `awaited` are expected and have never sent. */
  readonly states: Readonly<Record<'heard' | 'silent' | 'awaited' | 'retired', number>>;
  /** Wrong clocks by cause, as in `ClockRow`. */
  readonly wrong: Readonly<Record<'zone' | 'offset' | 'clock', number>>;
};

/** Operators' questions about hosts and their clocks, and their changes to both. */
export interface HostsService {
  /** Every host of the ledger, sorted by name. */
  list(): Promise<readonly ShownHost[]>;
  /** The names of these hosts, sorted; as they were up to 30 seconds ago. */
  names(): Promise<readonly string[]>;
  /** Counts them, without holding up the thread if there are many. */
  census(): Promise<HostCensus>;
  /**
   * Expects hosts by name, including hosts that have never sent: these count as silent after
   * `within` ms, by default a day.
   */
  expect(names: readonly string[], within?: number): Promise<void>;
  /**
   * Stops expecting a host until it sends again.
   * @throws CordwoodError ERR_USAGE if the ledger does not have it
   */
  retire(name: string): Promise<void>;
  /**
   * What the timestamps of these hosts (of all, if none is named) show about their clocks; sorted
   * by name.
   * @throws as `retire`
   */
  clocks(hosts: readonly string[]): Promise<readonly ClockRow[]>;
  /**
   * Has bare timestamps of hosts read in another zone from now on: the given one, or the likely one
   * of each host. If no host is named, changes every host whose zone is wrong.
   * @throws CordwoodError ERR_USAGE if a named host has no likely zone
   */
  setZones(hosts: readonly string[], zone?: string): Promise<readonly ZoneChange[]>;
  /** Removes the zones set for hosts. @throws CordwoodError ERR_USAGE if a host has none */
  unsetZones(hosts: readonly string[]): Promise<readonly ZoneChange[]>;
}
