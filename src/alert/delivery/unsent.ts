import type { Clock } from '../../base/clock.ts';
import type { Counters } from '../../base/counters.ts';
import { type Delivered, unsent } from '../index.ts';
import type { OutboxRow } from '../contract.ts';

/** So long a notice that was refused for good is a reason to call the server degraded, ms. */
const RECENT = 86_400_000;

type Parts = { readonly counters: Counters; readonly now: Clock };

/** What people are not told though they should be, as of the last delivery of this process. */
export class Unsent {
  /** One line for each trouble. */
  lines: readonly string[] = [];

  /** @param delivered undefined where another process sends */
  see(delivered: Delivered | undefined, { counters, now }: Parts): void {
    const row = delivered && unsent(delivered.letters, now());
    this.lines = row ? linesOf(row, now()) : [];
    counters.counter('alerts.waiting').set(row?.waiting ?? 0);
    for (const [what, count] of Object.entries(delivered?.counted ?? {})) counters.counter(`alerts.${what}`).add(count);
  }
}

function linesOf({ waiting, since, failure, refused, lastRefused }: OutboxRow, now: number): string[] {
  const lines: string[] = [];
  const those = waiting === 1 ? 'a notice waits' : `${waiting} notices wait`;
  if (failure !== undefined) lines.push(`${those} to be sent since ${new Date(since!).toISOString()}: ${failure}`);
  if (lastRefused && now - lastRefused.at < RECENT) {
    const what = refused === 1 ? 'a notice was' : `${refused} notices were`;
    lines.push(`${what} refused for good, the last one to ${lastRefused.recipient}: ${lastRefused.failure}`);
  }
  return lines;
}
