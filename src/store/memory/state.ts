import { LONGEST_LEASE, type StateEntry, type StoreState } from '../contract.ts';

type LeaseEntry = { readonly holder: string; readonly until: number };

/** A namespace of state in memory. Values are kept as JSON, so that callers share no object with it. */
export function memoryState(now: () => number): StoreState {
  const entries = new Map<string, { readonly json: string; readonly revision: number }>();
  const leases = new Map<string, LeaseEntry>();
  let lastRevision = 0;
  const entryOf = (key: string): StateEntry | undefined => {
    const entry = entries.get(key);
    return entry && { key, value: JSON.parse(entry.json), revision: entry.revision };
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
      const lease = leases.get(key);
      const isTaken = lease && lease.until > now() && lease.until <= now() + LONGEST_LEASE;
      if (isTaken && lease.holder !== holder) return false;
      leases.set(key, { holder, until: now() + ms });
      return true;
    },
  };
}
