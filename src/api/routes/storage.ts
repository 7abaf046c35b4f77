import { z } from '../../base/schema.ts';
import { windowOf } from '../answer/collect.ts';
import { flag, SCOPE, scopeOf, time } from '../params.ts';
import { Refused } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { askAll, mustHave } from './ask-all.ts';

const NONE = z.strictObject({});
const HOLD = z.looseObject({ name: z.string(), query: z.string(), why: z.string(), addedAt: z.number() });

/** What is stored, what was received, and what is kept from expiring. */
export const STORAGE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/account',
    access: 'read',
    limited: 'refused',
    about: 'What was received in a window, and what became of it',
    params: z.strictObject({
      since: time.optional(),
      until: time.optional(),
      zone: SCOPE.zone,
      verify: flag('also counts what the store holds of it').optional(),
    }),
    answer: z.looseObject({ total: z.looseObject({ received: z.number(), stored: z.number(), dropped: z.number() }) }),
    handle: async (asked) => {
      const { verify = false, ...scope } = asked.params;
      const { since, until } = scopeOf({ ...scope, query: undefined }, asked.context.now());
      const window = { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
      const { items, end } = await askAll(asked, 'account', { ...window, verify });
      return { ...items[0], ...windowOf(end) };
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/streams',
    access: 'read',
    limited: 'refused',
    about: 'What each stream holds, how it grows, and what expires next',
    params: NONE,
    answer: z.looseObject({ streams: z.array(z.looseObject({ name: z.string() })), bytes: z.number() }),
    handle: async (asked) => (await askAll(asked, 'streams', {})).items[0],
  }),
  route({
    method: 'GET',
    path: '/api/v1/holds',
    access: 'read',
    limited: 'refused',
    about: 'What is kept from expiring, and why',
    params: NONE,
    answer: z.object({ items: z.array(HOLD) }),
    handle: async (asked) => ({ items: (await askAll(asked, 'holds', {})).items }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/holds',
    access: 'operate',
    limited: 'refused',
    about: 'Keeps the messages of a scope from expiring; `since` is required, `all` keeps everything',
    params: z.strictObject({ ...SCOPE, name: z.string().optional(), why: z.string().min(1).max(1000) }),
    answer: HOLD,
    handle: async (asked) => {
      const { name, why, ...scope } = asked.params;
      const all = (await askAll(asked, 'holds', {})).items as { name: string }[];
      if (all.some((hold) => hold.name === name)) {
        throw new Refused('ERR_CONFLICT', `cannot add the hold ${name}: a hold of this name exists already`);
      }
      const hold = { ...scopeOf(scope, asked.context.now()), why, ...(name !== undefined && { name }) };
      return (await askAll(asked, 'hold-add', hold)).items[0];
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/holds/{name}',
    access: 'admin',
    limited: 'refused',
    about: 'Releases a hold: what is past its keep is deleted soon after',
    params: z.strictObject({ name: z.string() }),
    handle: async (asked) => {
      const { name } = asked.params;
      mustHave((await askAll(asked, 'holds', {})).items, 'name', name);
      await askAll(asked, 'hold-release', { name });
    },
  }),
];
