import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** USER_HZ of Linux: the unit of /proc/<pid>/stat, proc(5). */
const TICKS = 100;

/** What a process, all threads, has used: CPU seconds, and bytes of memory now and at most, as the kernel says. */
export type Usage = { readonly cpu: number; readonly memory: number; readonly peak: number };

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, memory: bytes('VmRSS'), peak: bytes('VmHWM') };
}

/** CPU seconds of this thread: what else goes on on the machine disturbs them less than it does the clock. */
export function threadSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

/** The last that was seen of a process that is about to end. */
export async function usageAtEnd(pid: number, ended: Promise<unknown>): Promise<Usage> {
  let running = true;
  const end = ended.then(() => {
    running = false;
  });
  let last = usageOf(pid);
  while (running) {
    try {
      const now = usageOf(pid);
      // A process on its way out has given its memory back already.
      if (now.peak > 0) last = now;
    } catch {
      break;
    }
    await sleep(5);
  }
  await end;
  return last;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @param share 0 to 1; between two values, in proportion */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
