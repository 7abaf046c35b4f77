import type { Logger } from '../base/log.ts';
import { Poller } from '../base/poller.ts';
import type { StoreState } from '../store/contract.ts';
import type { HostZone } from './contract.ts';
import { readHostZones } from './host-zones.ts';

/** How often the zones are read again, ms. */
const POLL_MS = 2000;

export type FollowedZones = Disposable & {
  /** The zones that apply now, by host. */
  readonly zones: ReadonlyMap<string, string>;
  /**
   * Calls `changed` with all zones after each change; a second call replaces the first listener.
   */
  onChange(changed: (zones: ReadonlyMap<string, string>) => void): void;
};

/** Follows changes of the host time zones. @throws what the store throws at the first read */
export async function followHostZones(state: StoreState, log: Logger): Promise<FollowedZones> {
  let changed: (zones: ReadonlyMap<string, string>) => void = () => {};
  let zones = await hostZonesIn(state);
  const read = async (): Promise<void> => {
    const now = await hostZonesIn(state);
    if (JSON.stringify([...now]) === JSON.stringify([...zones])) return;
    zones = now;
    changed(zones);
  };
  const poller = new Poller({
    work: read,
    everyMs: POLL_MS,
    keepsAlive: false,
    onFailure: (reason) => log.warn(`cannot read host time zones: ${reason}; keeping the known ones and trying again`),
  });
  return {
    get zones() {
      return zones;
    },
    onChange(listener) {
      changed = listener;
    },
    [Symbol.dispose]: () => void poller[Symbol.asyncDispose](),
  };
}

/** The host time zones as they are set now. */
export async function hostZonesIn(state: StoreState): Promise<ReadonlyMap<string, string>> {
  return new Map((await readHostZones(state)).flatMap(({ host, zone }: HostZone) => (zone ? [[host, zone]] : [])));
}
