import type { StateEntry, StoreState } from '../store/contract.ts';

/** A search that a user has saved under a name. */
type SavedSearch = {
  readonly query: string;
  /** As typed, e.g. `-1h`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly zone?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  /** Whether all users see it. */
  readonly shared: boolean;
};
/** As it is kept: with its name, its owner and the revision that a change must name. */
export type KeptSearch = SavedSearch & { readonly name: string; readonly owner: string; readonly revision: number };

/** Saved searches, in any number of processes. */
export interface SavedSearches {
  /** Those of the user, then those that others share; by name. */
  list(user: string): Promise<readonly KeptSearch[]>;
  /** Saves one; revision 0 if it is new. @returns whether it was still at that revision */
  put(user: string, name: string, search: SavedSearch, revision: number): Promise<boolean>;
  /** @returns whether it was still at that revision */
  remove(user: string, name: string, revision: number): Promise<boolean>;
}

/** Saved searches in the store's state; a key is the owner and the name. */
export function savedSearches(state: () => StoreState): SavedSearches {
  return {
    async list(user) {
      const all = (await state().scan('')).map(keptSearch);
      const seen = all.filter(({ owner, shared }) => owner === user || shared);
      return seen.sort((a, b) => Number(b.owner === user) - Number(a.owner === user) || (a.name < b.name ? -1 : 1));
    },
    put: (user, name, search, revision) => state().put(keyOf(user, name), search, revision),
    remove: (user, name, revision) => state().put(keyOf(user, name), undefined, revision),
  };
}

function keyOf(user: string, name: string): string {
  return JSON.stringify([user, name]);
}

function keptSearch({ key, value, revision }: StateEntry): KeptSearch {
  const [owner, name] = JSON.parse(key) as [string, string];
  return { ...(value as SavedSearch), owner, name, revision };
}
