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

/** Drops of messages that `received.frames` counts, too. */
const AFTER_RECEIPT = ['spool_full', 'spool_failed', 'window', 'shutdown'];

/** Messages of this run that a listener counted and that are neither dropped nor settled: they lie in the spool. */
export function unsettled(counters: Readonly<Record<string, number>>, listener: string): number {
  const of = (what: string): number => counters[`listen.${listener}.${what}`] ?? 0;
  const dropped = AFTER_RECEIPT.reduce((sum, reason) => sum + of(`dropped.${reason}`), 0);
  return of('received.frames') - dropped - (counters[takenCounter(listener)] ?? 0);
}
