import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { HostZone } from './contract.ts';
import type { StoreState } from '../store/contract.ts';
import { readHostZones } from './host-zones.ts';

/** How often it is looked whether somebody has set a zone, ms. */
const LOOK_MS = 2000;

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
  let busy = false;
  let failing = false;
  const look = async (): Promise<void> => {
    const now = await hostZonesIn(state);
    failing = false;
    if (JSON.stringify([...now]) === JSON.stringify([...zones])) return;
    zones = now;
    changed(zones);
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    look()
      .catch((error: unknown) => {
        if (!failing) log.warn(`cannot look for zones of hosts: ${reasonOf(error)}; those known go on, trying again`);
        failing = true;
      })
      .finally(() => {
        busy = false;
      });
  }, LOOK_MS);
  timer.unref();
  return {
    get zones() {
      return zones;
    },
    onChange(listener) {
      changed = listener;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** The zones of hosts as they are set now. */
export async function hostZonesIn(state: StoreState): Promise<ReadonlyMap<string, string>> {
  return new Map((await readHostZones(state)).flatMap(({ host, zone }: HostZone) => (zone ? [[host, zone]] : [])));
}
