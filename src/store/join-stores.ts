import { FieldCounts } from '../model/fields.ts';
import type { StoreReader } from './contract.ts';
import { GroupSums } from './group-sums.ts';
import { mergeInOrder } from './merge-in-order.ts';

/**
 * Joins a store with a second one, of messages that the first does not have; stats and state are
 * those of the first.
 */
export function joinStores(first: StoreReader, second: StoreReader): StoreReader {
  return {
    find: (query, signal) => mergeInOrder([first.find(query, signal), second.find(query, signal)], query),
    aggregate: async (query, grouping, signal) => {
      const sums = new GroupSums(grouping);
      for (const store of [first, second]) {
        for (const group of await store.aggregate(query, grouping, signal)) sums.add(group);
      }
      return sums.groups();
    },
    fieldNames: async (query, signal, atMost) => {
      const counts = new FieldCounts(atMost);
      for (const store of [first, second]) {
        for (const { name, count } of await store.fieldNames(query, signal, atMost)) counts.add(name, count);
      }
      return counts.names();
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
