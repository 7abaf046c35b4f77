import { LONGEST_LEASE, type StateEntry, type StoreState } from '../contract.ts';

type Lease = { readonly holder: string; readonly until: number };

/** A namespace of state in memory. Values are kept as JSON, so that nobody shares an object with it. */
export function memoryState(now: () => number): StoreState {
  const entries = new Map<string, { readonly json: string; readonly revision: number }>();
  const leases = new Map<string, Lease>();
  let lastRevision = 0;
  const entryOf = (key: string): StateEntry | undefined => {
    const held = entries.get(key);
    return held && { key, value: JSON.parse(held.json), revision: held.revision };
  };
  return {
    get: async (key) => entryOf(key),
    put: async (key, value, revision) => {
      if ((entries.get(key)?.revision ?? 0) !== revision) return false;
      if (value === undefined) entries.delete(key);
      else entries.set(key, { json: JSON.stringify(value), revision: ++lastRevision });
      return true;
    },
    scan: async (prefix) =>
      [...entries.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort()
        .map((key) => entryOf(key)!),
    lease: async (key, holder, ms) => {
      const held = leases.get(key);
      if (held && held.holder !== holder && held.until > now() && held.until <= now() + LONGEST_LEASE) return false;
      leases.set(key, { holder, until: now() + ms });
      return true;
    },
  };
}
