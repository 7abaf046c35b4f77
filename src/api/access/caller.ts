import type { Filter } from '../../model/filter.ts';
import type { Role } from '../settings.ts';

/** How a caller showed who it is. */
type Way = 'password' | 'link' | 'token' | 'proxy' | 'address';

/** Who makes a request, and what it may do. */
export type Caller = {
  readonly name: string;
  readonly role: Role;
  readonly way: Way;
  /** Tells the sessions of one user apart. */
  readonly session?: string;
  /** It sees only messages that match this. */
  readonly only?: { readonly query: string; readonly filter: Filter };
};

const RANK: Readonly<Record<Role, number>> = { metrics: 0, read: 1, operate: 2, admin: 3 };

/** Whether a role includes another. `metrics` is about figures of the server, which every role may read. */
export function includes(role: Role, wanted: Role): boolean {
  return RANK[role] >= RANK[wanted];
}
