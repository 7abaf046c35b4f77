import type { Collection } from 'mongodb';
import { DAY } from '../../../base/units.ts';
import type { Query } from '../../../model/query.ts';

/** A message collection: all messages of a stream, or those of one UTC day. */
export type StreamPart = { readonly collection: Collection; readonly stream: string; readonly day?: string };

/** A query on one part. A part may have two: only a hold shows messages that are past their `keep`. */
export type PartQuery = { readonly part: StreamPart; readonly query: Query };

/**
 * Groups queries so that the answers within each group follow each other in time: the days of a
 * stream do.
 */
export function sequencesOf(queries: readonly PartQuery[], order: Query['order']): PartQuery[][] {
  const days = Map.groupBy(
    queries.filter(({ part }) => part.day !== undefined),
    ({ part, query }) => `${part.stream} ${query.since}`,
  );
  const whole = queries.filter(({ part }) => part.day === undefined).map((each) => [each]);
  return [...whole, ...[...days.values()].map((group) => (order === 'oldest' ? group : group.toReversed()))];
}

/** Whether the day of a part overlaps the time window of its query. */
export function overlapsWindow({ part, query }: PartQuery): boolean {
  if (part.day === undefined) return true;
  const first = Date.parse(part.day);
  return first < (query.until ?? Infinity) && first + DAY > (query.since ?? 0);
}
