import { readFileSync } from 'node:fs';

/** USER_HZ of Linux: the unit of /proc/<pid>/stat, proc(5). */
const TICKS = 100;

/** CPU seconds that a process, all threads, has used, and the most memory it ever held (bytes), as the kernel says. */
export function usageOf(pid: number): { cpu: number; peak: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, peak: Number(peak?.[1] ?? 0) * 1024 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
