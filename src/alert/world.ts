import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { readRelays, Watermark } from '../cluster/index.ts';
import { HOST_ZONES, type StampZones } from '../hosts/contract.ts';
import { hostZonesOf, listeningFrom } from '../hosts/index.ts';
import type { StoreReader } from '../store/contract.ts';
import { listenedWithRelays } from './relay-presence.ts';
import type { AlertWorld } from './contract.ts';

/** The namespace of the store's state that alerts and the host ledger use. */
const ALERT_STATE = 'alert';

export type WorldParts = {
  readonly store: StoreReader;
  readonly visible: () => readonly string[];
  /** The coverage log. */
  readonly coverage: Parameters<typeof listeningFrom>[0];
  readonly now: Clock;
  /** The time zones in the configuration. */
  readonly zones: Omit<StampZones, 'hosts'>;
  readonly log: Logger;
};

/** Makes what rules and the host ledger are judged on, from the store. */
export function createWorld({ store, visible, coverage, now, zones, log }: WorldParts): AlertWorld {
  const watermark = new Watermark();
  const state = store.state(ALERT_STATE);
  const { covered, listened } = listeningFrom(coverage);
  const relays = () => readRelays((namespace) => store.state(namespace));
  return {
    store,
    state,
    now,
    visible,
    isComplete: (at) => watermark.passed(at, visible(), now()),
    covered,
    listened: listenedWithRelays(listened, state, relays),
    relays,
    zones: { ...zones, hosts: hostZonesOf(store.state(HOST_ZONES), now) },
    log,
  };
}
