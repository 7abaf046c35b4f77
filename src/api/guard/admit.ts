import { type Caller, includes } from '../access/caller.ts';
import { Refused } from '../problem.ts';
import type { Route } from '../route.ts';

/** The caller, if it may use the route. @throws Refused ERR_LOGIN or ERR_ROLE */
export function admit({ access, limited, method, path }: Route, caller: Caller | undefined): Caller | undefined {
  if (access === 'everyone') return caller;
  const what = `${method} ${path}`;
  if (!caller) {
    const remedy = 'log in, or send a token: Authorization: Bearer cw_…';
    throw new Refused('ERR_LOGIN', `cannot answer ${what}: no login; ${remedy}`);
  }
  if (access !== 'login' && !includes(caller.role, access)) {
    const reason = `it needs the role ${access}, and ${caller.name} has the role ${caller.role}`;
    throw new Refused('ERR_ROLE', `cannot answer ${what}: ${reason}`);
  }
  if (limited === 'refused' && caller.only) {
    const reason = `it shows more than messages, and ${caller.name} sees only ${caller.only.query}`;
    throw new Refused('ERR_ROLE', `cannot answer ${what}: ${reason}`);
  }
  return caller;
}
