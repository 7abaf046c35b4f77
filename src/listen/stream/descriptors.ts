import { readFileSync } from 'node:fs';

/** File descriptors that the spool, the store and whatever else is open may need. */
const RESERVED = 256;

/**
 * How many connections the file descriptors of this process allow. Asked beforehand, since libuv takes and closes the
 * connections for which none is left without a word, and then nobody could count them.
 */
export function connectionsAllowed(limit = openFilesLimit()): number {
  return Math.max(1, Math.floor(limit - Math.min(RESERVED, limit / 2)));
}

/** `Max open files` of proc_pid_limits(5); Infinity where the system does not tell. */
function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return Number(soft?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
