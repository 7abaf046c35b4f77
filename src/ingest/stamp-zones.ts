import type { Settings } from '../config/index.ts';
import type { Source } from '../model/message.ts';
import { zonePicker } from '../parse/zone-picker.ts';

type Sender = Pick<Source, 'ip' | 'listener'>;
type ZoneSettings = Pick<Settings, 'listen' | 'zone' | 'zones'>;

/** Returns a function that gives the zone of time stamps without a zone, for a sender. */
export function stampZoneOf({ listen, zone, zones }: ZoneSettings): (sender: Sender) => string {
  const listeners = Object.fromEntries(listen.flatMap(({ name, zone: own }) => (own ? [[name, own]] : [])));
  return zonePicker({ networks: zones, listeners, otherwise: zone ?? ownZone() });
}

/** The zones that the settings name, and the zone of this machine. */
function configuredZones({ listen, zone, zones }: ZoneSettings): string[] {
  const all = [zone, ...zones.map((one) => one.zone), ...listen.map((one) => one.zone), ownZone()];
  return [...new Set(all.flatMap((one) => one ?? []))];
}

/**
 * The configured time zones, as rules and the host ledger need them; follows reloads of the
 * settings.
 */
export function stampZonesOf<Settings extends ZoneSettings>(
  settings: () => Settings,
): {
  of(sender: Sender): string;
  named(): readonly string[];
} {
  let last: { readonly of: Settings; readonly zoneOf: (sender: Sender) => string } | undefined;
  return {
    of(sender) {
      const now = settings();
      if (last?.of !== now) last = { of: now, zoneOf: stampZoneOf(now) };
      return last.zoneOf(sender);
    },
    named: () => configuredZones(settings()),
  };
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
