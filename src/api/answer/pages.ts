import type { End, SearchParams } from '../../ask/contract.ts';
import type { PageToken } from '../page-token.ts';

type Order = 'newest' | 'oldest';

/** What of a search a page token decides. */
export function pageParams(page: PageToken | undefined, order: Order): SearchParams {
  if (!page) return { from: order === 'newest' ? 'end' : 'start' };
  const { olderThan, newerThan, upTo, since, until } = page;
  return {
    upTo,
    since: since ?? 'all',
    ...(until !== undefined && { until }),
    ...(olderThan !== undefined && { olderThan, from: 'end' }),
    ...(newerThan !== undefined && { newerThan, from: 'start' }),
  };
}

/** The tokens of the pages after and before one, in the order of the answer; absent if no such page exists. */
export function neighbours(
  ids: readonly string[],
  {
    end,
    page,
    order,
    upTo,
  }: {
    readonly end: End;
    readonly page: PageToken | undefined;
    readonly order: Order;
    readonly upTo: readonly string[];
  },
): { readonly next?: PageToken; readonly previous?: PageToken } {
  const [first, last] = [ids[0], ids.at(-1)];
  const { since, until } = end;
  const rest = { upTo: [...upTo], ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
  const older = (id: string | undefined): PageToken | undefined =>
    id === undefined ? undefined : { ...rest, olderThan: id };
  const newer = (id: string | undefined): PageToken | undefined =>
    id === undefined ? undefined : { ...rest, newerThan: id };
  const limited = end.limited === true;
  // A limit cuts the side that the page leads away from; on the other side is the page that it was reached from.
  const leadsBack = page !== undefined && (order === 'newest') === (page.newerThan !== undefined);
  const hasNext = leadsBack || limited;
  const hasPrevious = page !== undefined && (!leadsBack || limited);
  const next = hasNext ? (order === 'newest' ? older(last) : newer(last)) : undefined;
  const previous = hasPrevious ? (order === 'newest' ? newer(first) : older(first)) : undefined;
  return { ...(next && { next }), ...(previous && { previous }) };
}
