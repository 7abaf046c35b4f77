import type { Clock } from '../../base/clock.ts';
import type { Counters } from '../../base/counters.ts';
import { countOf } from '../../base/text.ts';
import { DAY } from '../../base/units.ts';
import type { OutboxStatus } from '../notices/outbox-status.ts';
import type { Delivered } from './deliver.ts';
import { outboxStatus } from './outbox.ts';

/** A permanently refused notice makes the server degraded for this long, ms. */
const RECENT = DAY;

/** What is overdue as of this process's last delivery run; also counts what was sent. */
export class UnsentMonitor {
  readonly #counters: Counters;
  readonly #now: Clock;
  /** Why notices are not sent, one line each. */
  lines: readonly string[] = [];

  /** @param counters with ALERT_COUNTERS among them */
  constructor(counters: Counters, now: Clock) {
    this.#counters = counters;
    this.#now = now;
  }

  /** @param delivered undefined if another process sends */
  update(delivered: Delivered | undefined): void {
    const now = this.#now();
    const status = delivered && outboxStatus(delivered.deliveries, now);
    this.lines = status ? linesOf(status, now) : [];
    this.#counters.counter('alerts.waiting').set(status?.waiting ?? 0);
    for (const [outcome, count] of Object.entries(delivered?.counted ?? {})) {
      this.#counters.counter(`alerts.${outcome}`).add(count);
    }
  }
}

function linesOf({ waiting, since, failure, refused, lastRefused }: OutboxStatus, now: number): string[] {
  const lines: string[] = [];
  if (failure !== undefined) {
    const what = countOf(waiting, 'notice');
    lines.push(`${what} could not be sent since ${new Date(since!).toISOString()}: ${failure}`);
  }
  if (lastRefused && now - lastRefused.at < RECENT) {
    const { recipient, failure: reason } = lastRefused;
    lines.push(`${countOf(refused, 'notice')} rejected for good, the last for ${recipient}: ${reason}`);
  }
  return lines;
}
