import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `check` gives something truthy and returns it. @throws after `deadlineMs`, naming what was awaited */
export async function until<Result>(
  what: string,
  check: () => Result | Promise<Result>,
  deadlineMs = 20_000,
): Promise<NonNullable<Result>> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await sleep(20);
  }
}
