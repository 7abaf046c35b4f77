const PREFIX = 'logs_';

/** The collection of a stream, if it is not partitioned by day. */
export function collectionOf(stream: string): string {
  return `${PREFIX}${stream}`;
}

/** The collection of a stream for one UTC day of arrival, `2026-11-22`. */
export function dayCollectionOf(stream: string, day: string): string {
  return `${PREFIX}${stream}.${day}`;
}
