/** The time zone that a host's timestamps without one are read in, by the name the host sends under. */
export type HostZone = {
  readonly host: string;
  /** An IANA name or a fixed offset; absent for a while after it was unset. */
  readonly zone?: string;
  /** When it was set or unset, ms. */
  readonly since: number;
};

/** Host time zones as people see and change them; parsers of this store follow within seconds. */
export interface HostZones {
  /** By host name, including those unset within the last hour. */
  list(): Promise<HostZone[]>;
  /** Sets zones; `undefined` unsets a host's zone. @throws CordwoodError ERR_USAGE if there would be too many */
  set(zones: ReadonlyMap<string, string | undefined>): Promise<void>;
}

/** The namespace of the store's state that host time zones lie in. */
export const HOST_ZONES = 'host-zones';
