/** Messages of earlier runs that were read from the spool and settled. */
export const TAKEN_EARLIER = 'writer.settled.earlier';
const TAKEN = 'writer.settled.listener.';

/** The counter of a listener's messages of this run that were read from the spool and settled. */
export function takenCounter(listener: string): string {
  return TAKEN + listener;
}

/** The listener of such a counter; undefined for any other one. */
export function listenerOfTaken(counter: string): string | undefined {
  return counter.startsWith(TAKEN) ? counter.slice(TAKEN.length) : undefined;
}

/** The counters that the account counts with, made by the server before its threads start. */
export function accountCounters(listeners: readonly string[]): string[] {
  return [TAKEN_EARLIER, ...listeners.map(takenCounter)];
}

/** Drops of what `received.frames` does not count: it was never received, or is no message. */
const NOT_RECEIVED = new Set(['kernel', 'not_allowed', 'empty', 'partial']);

/** Messages of this run that a listener counted and that are neither dropped nor settled: they lie in the spool. */
export function unsettled(counters: Readonly<Record<string, number>>, listener: string): number {
  const prefix = `listen.${listener}.dropped.`;
  const dropped = Object.entries(counters)
    .filter(([name]) => name.startsWith(prefix) && !NOT_RECEIVED.has(name.slice(prefix.length)))
    .reduce((sum, [, count]) => sum + count, 0);
  return (counters[`listen.${listener}.received.frames`] ?? 0) - dropped - (counters[takenCounter(listener)] ?? 0);
}
