import { CordwoodError } from '../../base/errors.ts';
import { isZone, zoneNamed } from '../../base/zone.ts';

/** The zone in which times are shown; undefined means the zone of this machine. */
export type ZoneName = string | undefined;

/** Makes a function from an instant to the offset of the zone then, ms east of UTC. @throws CordwoodError ERR_USAGE */
export function offsetReader(zone: ZoneName): (ms: number) => number {
  if (zone !== undefined && !isZone(zone)) {
    const remedy = 'use e.g. Europe/Berlin, UTC or +02:00';
    throw new CordwoodError('ERR_USAGE', `cannot show times in ${JSON.stringify(zone)}: unknown time zone; ${remedy}`);
  }
  const named = zoneNamed(zone);
  return (ms) => named.offsetAt(ms);
}
