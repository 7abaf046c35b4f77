import { CordwoodError } from '../../base/errors.ts';
import { isZone, zoneNamed } from '../../base/zone.ts';

/** The zone in which times are shown; undefined means the zone of this machine. */
export type ZoneName = string | undefined;

/** Returns a function that gives ms east of UTC at an instant. @throws CordwoodError ERR_USAGE for an unknown zone */
export function offsetReader(zone: ZoneName): (ms: number) => number {
  if (zone !== undefined && !isZone(zone)) {
    const remedy = 'write e.g. Europe/Berlin, UTC or +02:00';
    throw new CordwoodError(
      'ERR_USAGE',
      `cannot show times in ${JSON.stringify(zone)}: there is no such zone; ${remedy}`,
    );
  }
  const named = zoneNamed(zone);
  return (ms) => named.offsetAt(ms);
}
