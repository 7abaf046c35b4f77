import { setTimeout as sleep } from 'node:timers/promises';

type Falsy = false | 0 | '' | null | undefined;

/** The shortest pause between two checks, ms. */
const PAUSE_MS = 20;
/** The longest pause, ms. */
const MAX_PAUSE_MS = 500;
/** A check that takes as long starts a process, ms; the longest pause after it, ms. */
const [COSTLY_MS, MAX_COSTLY_PAUSE_MS] = [100, 3000];

/** After a long wait a short one does not matter; a check that takes long leaves the processor to others for longer. */
function pauseMs(waitedMs: number, tookMs: number): number {
  const most = tookMs < COSTLY_MS ? MAX_PAUSE_MS : MAX_COSTLY_PAUSE_MS;
  return Math.min(most, Math.max(PAUSE_MS, 2 * tookMs, waitedMs / 20));
}

/** Waits until `check` gives something truthy and returns it. @throws after `deadlineMs`, naming what was awaited */
export async function until<Result>(
  what: string,
  check: () => Result | Promise<Result>,
  deadlineMs = 60_000,
): Promise<Exclude<Result, Falsy>> {
  const began = performance.now();
  for (;;) {
    const asked = performance.now();
    const result = await check();
    if (result) return result as Exclude<Result, Falsy>;
    const now = performance.now();
    if (now - began > deadlineMs) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await sleep(pauseMs(now - began, now - asked));
  }
}
