import { readFileSync } from 'node:fs';

/** What raises the limit of open files. */
export const RAISE_OPEN_FILES = 'raise LimitNOFILE= or ulimit -n';

/** `Max open files` of proc_pid_limits(5); Infinity if the system does not report it. */
export function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return Number(soft?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
