import type { Settings } from '../config/index.ts';
import type { Source } from '../model/message.ts';
import { zonePicker } from '../parse/index.ts';

type ZoneSettings = Pick<Settings, 'listen' | 'zone' | 'zones'>;

/** Returns a function that gives the zone of time stamps without a zone, for a sender. */
export function stampZoneOf({
  listen,
  zone,
  zones,
}: ZoneSettings): (source: Pick<Source, 'ip' | 'listener'>) => string {
  const listeners = Object.fromEntries(listen.flatMap(({ name, zone: own }) => (own ? [[name, own]] : [])));
  return zonePicker({ networks: zones, listeners, otherwise: zone ?? ownZone() });
}

/** The zones that the settings name, and the zone of this machine. */
export function configuredZones({ listen, zone, zones }: ZoneSettings): string[] {
  const all = [zone, ...zones.map((one) => one.zone), ...listen.map((one) => one.zone), ownZone()];
  return [...new Set(all.flatMap((one) => one ?? []))];
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
