import type { Group, Grouping, Query } from '../model/query.ts';
import type { StoreReader } from './contract.ts';
import { GroupSums } from './group-sums.ts';
import { mergeInOrder } from './merge-in-order.ts';

/** A store and a second one of messages that the first does not hold, as one; stats and state are the first's. */
export function joinStores(first: StoreReader, second: StoreReader): StoreReader {
  return {
    find: (query, signal) => mergeInOrder([first.find(query, signal), second.find(query, signal)], query),
    aggregate: (query, grouping, signal) => addGroups([first, second], { query, grouping, signal }),
    fieldNames: async (query, signal) => {
      const counts = new Map<string, number>();
      for (const store of [first, second]) {
        for (const { name, count } of await store.fieldNames(query, signal)) {
          counts.set(name, (counts.get(name) ?? 0) + count);
        }
      }
      return Array.from(counts, ([name, count]) => ({ name, count }));
    },
    stats: () => first.stats(),
    retentionEdges: () => first.retentionEdges(),
    pinHeld: async () => await first.pinHeld?.(),
    setRetention: (retention) => {
      first.setRetention(retention);
      second.setRetention(retention);
    },
    get damaged() {
      return first.damaged;
    },
    oldest: async () => (await first.oldest()) ?? (await second.oldest()),
    safe: (node) => first.safe(node),
    storedAfter: (position) => first.storedAfter(position),
    state: (namespace) => first.state(namespace),
    [Symbol.asyncDispose]: async () => {
      await second[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
    },
  };
}

type Counting = { readonly query: Query; readonly grouping: Grouping; readonly signal: AbortSignal };

async function addGroups(stores: readonly StoreReader[], { query, grouping, signal }: Counting): Promise<Group[]> {
  const sums = new GroupSums(grouping);
  for (const store of stores) for (const group of await store.aggregate(query, grouping, signal)) sums.add(group);
  return sums.groups();
}
