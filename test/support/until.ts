import { setTimeout as sleep } from 'node:timers/promises';

type Falsy = false | 0 | '' | null | undefined;

/** Waits until `check` gives something truthy and returns it. @throws after `deadlineMs`, naming what was awaited */
export async function until<Result>(
  what: string,
  check: () => Result | Promise<Result>,
  deadlineMs = 60_000,
): Promise<Exclude<Result, Falsy>> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const result = await check();
    if (result) return result as Exclude<Result, Falsy>;
    if (Date.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await sleep(20);
  }
}
