import { SECOND } from '../../base/units.ts';
import type { ConnectionSlot } from './connection-table.ts';

/** Time limits are checked this often, or four times within the shortest of them. */
const SWEEP_MS = SECOND;

/** Checks the time limits of connections at regular intervals; undefined if there is no limit. */
export function startTimeSweep(
  connections: Iterable<ConnectionSlot>,
  limits: readonly (number | undefined)[],
): NodeJS.Timeout | undefined {
  const shortest = Math.min(...limits.map((limit) => limit ?? Infinity));
  if (shortest === Infinity) return undefined;
  const every = Math.max(10, Math.min(SWEEP_MS, shortest / 4));
  return setInterval(() => {
    const now = performance.now();
    for (const connection of connections) connection.checkTime(now);
  }, every).unref();
}
