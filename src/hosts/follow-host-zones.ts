import type { Logger } from '../base/log.ts';
import { Poller } from '../base/poller.ts';
import type { HostZone } from './contract.ts';
import type { StoreState } from '../store/contract.ts';
import { readHostZones } from './host-zones.ts';

/** Interval between two readings, ms. */
const READ_MS = 2000;

export type FollowedZones = Disposable & {
  /** Those that count now, by host. */
  readonly zones: ReadonlyMap<string, string>;
  /** From now on, `changed` is told of each change. */
  onChange(changed: (zones: ReadonlyMap<string, string>) => void): void;
};

/** Keeps up with the zones that are set for hosts. @throws what the store throws at the first look */
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
    everyMs: READ_MS,
    keepsAlive: false,
    onFailure: (reason) =>
      log.warn(`cannot read host time zones: ${reason}; keeping those already known, trying again`),
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

/** The zones of hosts as they are set now. */
export async function hostZonesIn(state: StoreState): Promise<ReadonlyMap<string, string>> {
  return new Map((await readHostZones(state)).flatMap(({ host, zone }: HostZone) => (zone ? [[host, zone]] : [])));
}
