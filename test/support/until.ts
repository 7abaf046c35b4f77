import { setTimeout as sleep } from 'node:timers/promises';

type Falsy = false | 0 | '' | null | undefined;

/** Pause between two checks, ms. */
const PAUSE_MS = 20;
/** The longest pause, ms: a check that starts a process leaves the processor to others twice as long as it took. */
const MAX_PAUSE_MS = 1000;

/** Waits until `check` gives something truthy and returns it. @throws after `deadlineMs`, naming what was awaited */
export async function until<Result>(
  what: string,
  check: () => Result | Promise<Result>,
  deadlineMs = 60_000,
): Promise<Exclude<Result, Falsy>> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const began = performance.now();
    const result = await check();
    if (result) return result as Exclude<Result, Falsy>;
    if (Date.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await sleep(Math.min(MAX_PAUSE_MS, Math.max(PAUSE_MS, 2 * (performance.now() - began))));
  }
}
