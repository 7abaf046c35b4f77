import type { Session } from '../api/answers.ts';
import { session } from './session.ts';

type Role = Session['role'];

const RANK: Readonly<Record<Role, number>> = { metrics: 0, read: 1, operate: 2, admin: 3 };

/** Whether the user may do what needs this role. The server decides; the page only offers nothing in vain. */
export function may(role: Role): boolean {
  return session.value !== undefined && RANK[session.value.role] >= RANK[role];
}
