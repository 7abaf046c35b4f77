import { counter, labelledNames } from '../base/counters.ts';

const PREFIX = 'writer.settled.listener.';

const EARLIER = counter('writer.settled.earlier', 'messages', 'Messages of earlier runs whose outcome is recorded');
const LISTENER = counter(
  `${PREFIX}<listener>`,
  'messages',
  'Messages of a listener, of this run, whose outcome is recorded: stored, dropped by a rule, or a dead letter',
);

const DEAD = counter(
  'writer.dead_letters',
  'messages',
  'Messages that the store refuses for good, kept as dead letters',
);

/** What the account counts. */
export const ACCOUNT_COUNTERS = [EARLIER, LISTENER, DEAD] as const;

/** The name of the counter of dead letters. */
export const DEAD_LETTERS = DEAD.name;

/** The name of the counter of earlier runs' messages that were read from the spool and settled. */
export const SETTLED_EARLIER = EARLIER.name;

/** The name of the counter of a listener's messages of this run that were read from the spool and settled. */
export function settledCounter(listener: string): string {
  return PREFIX + listener;
}

/** The listener in the name of such a counter; undefined for any other name. */
export function listenerOfSettled(name: string): string | undefined {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
}

/** The names of the account's counters, made by the server before its threads start. */
export function accountCounters(listeners: readonly string[]): string[] {
  return [SETTLED_EARLIER, DEAD_LETTERS, ...labelledNames([LISTENER], listeners)];
}

/** Messages of a listener whose end is a guess, as the account and the last part of their counter name them. */
export const MISFRAMED = 'misframed';

/** Reasons of drops that `received.frames` does not count: not received, not whole, or not messages. */
const NOT_RECEIVED = new Set(['kernel', 'not_allowed', 'empty', 'partial']);

/** Messages of this run that a listener received and whose outcome is not recorded yet: they wait in the spool. */
export function unsettled(counters: Readonly<Record<string, number>>, listener: string): number {
  const prefix = `listen.${listener}.dropped.`;
  const dropped = Object.entries(counters)
    .filter(([name]) => name.startsWith(prefix) && !NOT_RECEIVED.has(name.slice(prefix.length)))
    .reduce((sum, [, count]) => sum + count, 0);
  return (counters[`listen.${listener}.received.frames`] ?? 0) - dropped - (counters[settledCounter(listener)] ?? 0);
}
