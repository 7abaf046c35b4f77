import type { Clock } from '../base/clock.ts';
import { CordwoodError } from '../base/errors.ts';
import { HOUR } from '../base/units.ts';
import type { StoreState } from '../store/contract.ts';
import type { HostZone, HostZones } from './contract.ts';

/** One value holds all of them, so that a parser reads one key. */
const KEY = 'all';
/** As many as the ledger may have hosts. */
const MAX_ZONES = 20_000;
/**
 * A removed zone is remembered for this long, ms: messages from just before were still read in it.
 */
const REMEMBERED_MS = HOUR;

/** The host time zones kept in a store's state, changed by compare-and-set only. */
export function hostZonesOf(state: StoreState, now: Clock): HostZones {
  return {
    list: () => readHostZones(state),
    async set(zones) {
      for (;;) {
        const entry = await state.get(KEY);
        const since = now();
        const kept = ((entry?.value as HostZone[] | undefined) ?? []).filter(
          (one) => !zones.has(one.host) && (one.zone !== undefined || since - one.since < REMEMBERED_MS),
        );
        const set = [...zones].map(([host, zone]) => ({ host, since, ...(zone !== undefined && { zone }) }));
        const all = [...kept, ...set].sort((a, b) => (a.host < b.host ? -1 : 1));
        if (all.length > MAX_ZONES) {
          const remedy = 'name networks under zones: in the configuration instead';
          throw new CordwoodError('ERR_USAGE', `cannot set zones for more than ${MAX_ZONES} hosts; ${remedy}`);
        }
        if (await state.put(KEY, all, entry?.revision ?? 0)) return;
      }
    },
  };
}

/** The zones that are set, and those removed recently; sorted by host. */
export async function readHostZones(state: StoreState): Promise<HostZone[]> {
  return ((await state.get(KEY))?.value as HostZone[] | undefined) ?? [];
}
