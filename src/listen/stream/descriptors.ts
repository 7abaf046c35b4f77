import { openFilesLimit } from '../../base/machine/open-files.ts';

/** File descriptors reserved for the spool, the store and everything else that may be open. */
const RESERVED = 256;

/**
 * How many connections the file descriptors of this process allow. Determined beforehand: libuv silently accepts and
 * closes connections for which no descriptor is left, and they could not be counted.
 */
export function connectionsAllowed(limit = openFilesLimit()): number {
  return Math.max(1, Math.floor(limit - Math.min(RESERVED, limit / 2)));
}
