import type { Coverage } from '../account/contract.ts';
import type { AlertService, AlertWorld, DigestFacts } from '../alert/contract.ts';
import { createAlertService, maxPerHour, RunningAlerts } from '../alert/index.ts';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { Watermark } from '../cluster/index.ts';
import { readSecret, type Settings } from '../config/index.ts';
import { HOST_ZONES, type HostsService } from '../hosts/contract.ts';
import { createHostsService, hostZonesOf, listeningFrom } from '../hosts/index.ts';
import { configuredZones, stampZoneOf } from '../ingest/index.ts';
import type { StoreReader } from '../store/contract.ts';
import { memoryState } from '../store/index.ts';

/** The namespace of the store's state that alerts and the host ledger use. */
const ALERT_STATE = 'alert';

export type WorldParts = {
  readonly store: StoreReader;
  readonly visible: () => readonly string[];
  readonly coverage: Pick<Coverage, 'coveredWithin' | 'listeners'>;
  readonly now: Clock;
  readonly facts: DigestFacts;
  readonly log: Logger;
};
export type AlertingParts = WorldParts & {
  /** The number of this process's node. */
  readonly node: number;
  readonly version: string;
  readonly counters: Counters;
};

/** Judges the rules of the settings and sends notices until disposed of. */
export function runAlerts(settings: () => Settings, parts: AlertingParts): RunningAlerts {
  const { facts, counters, version, node } = parts;
  return new RunningAlerts(settings(), {
    world: worldOf(settings, parts),
    facts,
    counters,
    readSecret: (reference) => readSecret(reference, process.env),
    version,
    // A node is one process at a time: after a restart it still holds its lease.
    holder: `node-${node}`,
  });
}

/**
 * What questions about alerts and hosts are answered from, beside a running server and without one.
 */
export function alertServices(
  settings: () => Settings,
  parts: WorldParts,
): { readonly alerts: AlertService; readonly hosts: HostsService } {
  const world = worldOf(settings, parts);
  const alerts = createAlertService({
    world,
    rules: () => settings().alerts,
    maxPerHour: () => maxPerHour(settings()),
    digest: () => ({ ...settings().digest, facts: parts.facts }),
    scratch: () => memoryState(parts.now),
  });
  return { alerts, hosts: createHostsService(world) };
}

function worldOf(settings: () => Settings, { store, visible, coverage, now, log }: WorldParts): AlertWorld {
  const watermark = new Watermark();
  const zoneOf = memoized(stampZoneOf);
  return {
    store,
    state: store.state(ALERT_STATE),
    now,
    visible,
    isComplete: (at) => watermark.passed(at, visible(), now()),
    ...listeningFrom(coverage),
    zones: {
      of: (sender) => zoneOf(settings())(sender),
      named: () => configuredZones(settings()),
      hosts: hostZonesOf(store.state(HOST_ZONES), now),
    },
    log,
  };
}

/** Memoizes `make` on the identity of its last argument. */
function memoized<From, To>(make: (from: From) => To): (from: From) => To {
  let last: { readonly from: From; readonly to: To } | undefined;
  return (from) => {
    if (last?.from !== from) last = { from, to: make(from) };
    return last.to;
  };
}
