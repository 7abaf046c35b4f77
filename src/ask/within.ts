import type { Gap } from '../account/contract.ts';
import { and } from '../query/index.ts';
import type { Filter } from '../model/filter.ts';
import type { Query } from '../model/query.ts';
import type { AnswerContext, Searchable } from './context.ts';
import { mayBeRelevant, mayMatch } from './relevance.ts';

/** The parts of a context that show nothing but messages, gaps among them, and a user's own saved searches. */
type MessagesOnly = Pick<AnswerContext, 'store' | 'visible' | 'shown' | 'changed' | 'coverage' | 'now' | 'searches'>;

/**
 * What an asker who may see only some messages asks from: questions find nothing else, lines around a match included.
 * Every other part of the context shows more than messages; using one throws.
 * @param refuse makes the error for a part of that name
 */
export function limitedContext(context: AnswerContext, filter: Filter, refuse: (part: string) => Error): AnswerContext {
  const { store, visible, shown, changed, coverage, now, searches } = context;
  const open: MessagesOnly = {
    store: within(store, filter),
    visible,
    ...(shown && { shown }),
    changed,
    coverage: {
      since: () => coverage.since(),
      gaps: async (from, to) => {
        const gaps = (await coverage.gaps(from, to)).filter((gap) => mayBeRelevant(filter, gap));
        return gaps.map((gap) => (mayBeNamed(filter, gap) ? gap : withoutHost(gap)));
      },
    },
    now,
    searches,
  };
  return new Proxy(open as AnswerContext, {
    get(target, part) {
      if (part in target || typeof part === 'symbol') return Reflect.get(target, part) as unknown;
      if (part === 'shown' || part === 'then') return undefined;
      throw refuse(part);
    },
  });
}

/**
 * Whether an asker may read the name of the host in a gap: all messages of the host match, or the filter names hosts and
 * this is one of them. `stream:web` matches some messages of any host, and so says nothing about which hosts there are.
 */
function mayBeNamed(filter: Filter, { host }: Gap): boolean {
  if (host === undefined) return true;
  const matchesAll = !mayMatch({ kind: 'not', of: filter }, new Map([['hostname', host]]));
  return matchesAll || !mayMatch(filter, new Map([['hostname', NO_HOST]]));
}

/** No host has this name. */
const NO_HOST = '\0';

function withoutHost({ host: _, ...gap }: Gap): Gap {
  return gap;
}

/** The store as if it held nothing but the messages that match a filter. */
function within(store: Searchable, filter: Filter): Searchable {
  const limited = (query: Query): Query => ({ ...query, filter: and([filter, query.filter]) });
  return {
    find: (query, signal) => store.find(limited(query), signal),
    aggregate: (query, grouping, signal) => store.aggregate(limited(query), grouping, signal),
    fieldNames: (query, signal, atMost) => store.fieldNames(limited(query), signal, atMost),
    // What is stored in all says how much others send.
    stats: async () => ({ kind: 'limited', days: [], damaged: (await store.stats()).damaged }),
    get damaged() {
      return store.damaged;
    },
    retentionEdges: async () =>
      (await store.retentionEdges()).filter(({ stream }) => mayMatch(filter, new Map([['stream', stream]]))),
    oldest: async () => {
      const first = { filter, order: 'oldest', limit: 1 } as const;
      for await (const [message] of store.find(first, new AbortController().signal)) {
        if (message) return message.received_at.getTime();
      }
      return undefined;
    },
  };
}
