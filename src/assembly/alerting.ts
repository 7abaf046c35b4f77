import type { AlertService, DigestFacts } from '../alert/contract.ts';
import { createAlertService, createWorld, maxPerHour, RunningAlerts, type WorldParts } from '../alert/index.ts';
import type { Counters } from '../base/counters.ts';
import { readSecret, type Settings } from '../config/index.ts';
import type { HostsService } from '../hosts/contract.ts';
import { createHostsService } from '../hosts/index.ts';
import { stampZonesOf } from '../ingest/stamp-zones.ts';
import { memoryState } from '../store/memory/state.ts';

type ServiceParts = Omit<WorldParts, 'zones'> & { readonly facts: DigestFacts };
type AlertingParts = ServiceParts & {
  /** The number of this process's node. */
  readonly node: number;
  readonly version: string;
  readonly counters: Counters;
};

/** Judges the rules of the settings and sends notices until disposed of. */
export function runAlerts(settings: () => Settings, parts: AlertingParts): RunningAlerts {
  const { facts, counters, version, node } = parts;
  return new RunningAlerts(settings(), {
    world: createWorld({ ...parts, zones: stampZonesOf(settings) }),
    facts,
    counters,
    readSecret: (reference) => readSecret(reference, process.env),
    version,
    // A node is one process at a time: after a restart it still holds its lease.
    holder: `node-${node}`,
  });
}

/** What questions about alerts and hosts are answered from, beside a running server and without one. */
export function alertServices(
  settings: () => Settings,
  parts: ServiceParts,
): { readonly alerts: AlertService; readonly hosts: HostsService } {
  const world = createWorld({ ...parts, zones: stampZonesOf(settings) });
  const alerts = createAlertService({
    world,
    rules: () => settings().alerts,
    maxPerHour: () => maxPerHour(settings()),
    page: () => settings().web?.url,
    digest: () => ({ ...settings().digest, facts: parts.facts }),
    scratch: () => memoryState(parts.now),
  });
  return { alerts, hosts: createHostsService(world) };
}
