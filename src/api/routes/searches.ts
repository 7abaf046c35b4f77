import { z } from '../../base/schema.ts';
import type { KeptSearch } from '../../ask/index.ts';
import { includes } from '../access/caller.ts';
import { flag } from '../params.ts';
import { Refused } from '../problem.ts';
import { type Route, route } from '../route.ts';
import type { Asked } from '../world.ts';

/** Saved searches of one user, at most. */
const MOST = 500;
/** Characters of all saved searches of one user: every list of searches reads those of all users. */
const MOST_TEXT = 1 << 20;

const NAME = z.string().min(1).max(100);
const SEARCH = z.object({
  name: z.string(),
  owner: z.string(),
  revision: z.number(),
  query: z.string(),
  since: z.string().optional(),
  until: z.string().optional(),
  zone: z.string().optional(),
  columns: z.array(z.string()).optional(),
  shared: z.boolean(),
});
const PATH = '/api/v1/searches';
const text = z.string().max(100).optional();

/** Saved searches. */
export const SEARCH_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: PATH,
    access: 'read',
    limited: 'within',
    about: 'Saved searches: your own, and those that others share',
    params: z.strictObject({}),
    answer: z.object({ items: z.array(SEARCH) }),
    handle: async (asked) => ({ items: await list(asked) }),
  }),
  route({
    method: 'GET',
    path: `${PATH}/{name}`,
    access: 'read',
    limited: 'within',
    about: 'A saved search; its `ETag` is its revision',
    params: z.strictObject({ name: NAME }),
    answer: SEARCH,
    handle: async (asked) => {
      const found = await find(asked);
      if (!found) throw new Refused('ERR_NOT_FOUND', `cannot find the search ${JSON.stringify(asked.params.name)}`);
      void asked.reply.header('etag', `"${found.revision}"`);
      return found;
    },
  }),
  route({
    method: 'PUT',
    path: `${PATH}/{name}`,
    access: 'read',
    limited: 'within',
    about:
      'Saves a search of your own; `If-Match` with its `ETag` keeps the changes of others. Sharing needs the role operate',
    params: z.strictObject({
      name: NAME,
      query: z.string().max(100_000),
      since: text,
      until: text,
      zone: text,
      columns: z.array(z.string().max(255)).max(50).optional(),
      shared: flag('whether all users see it').default(false),
    }),
    handle: async (asked) => {
      const { name, ...search } = asked.params;
      const { context, caller } = asked;
      const all = (await context.searches.list(caller!.name)).filter(({ owner }) => owner === caller!.name);
      const old = all.find((one) => one.name === name);
      mayShare(asked, search.shared || old?.shared === true);
      mustHaveRoom([...all.filter((one) => one !== old), search]);
      if (!old && all.length >= MOST) throw new Refused('ERR_USAGE', `cannot save more than ${MOST} searches`);
      if (!(await context.searches.put(caller!.name, name, search, revisionFor(asked, old)))) throw changed(name);
    },
  }),
  route({
    method: 'DELETE',
    path: `${PATH}/{name}`,
    access: 'read',
    limited: 'within',
    about: 'Removes a saved search of your own',
    params: z.strictObject({ name: NAME }),
    handle: async (asked) => {
      const { name } = asked.params;
      const old = await find(asked);
      if (!old || old.owner !== asked.caller!.name) {
        throw new Refused(
          'ERR_NOT_FOUND',
          `cannot remove the search ${JSON.stringify(name)}: none of your searches has this name`,
        );
      }
      mayShare(asked, old.shared);
      const { searches } = asked.context;
      if (!(await searches.remove(asked.caller!.name, name, revisionFor(asked, old)))) throw changed(name);
    },
  }),
];

type Named = Asked<{ name: string }>;

async function find(asked: Named): Promise<KeptSearch | undefined> {
  return (await list(asked)).find(({ name }) => name === asked.params.name);
}

/** Users who see only some messages do not see what others look for, either. */
async function list({ context, caller }: Pick<Asked, 'context' | 'caller'>): Promise<readonly KeptSearch[]> {
  const all = await context.searches.list(caller!.name);
  return caller!.only ? all.filter(({ owner }) => owner === caller!.name) : all;
}

/** @throws Refused ERR_TOO_LARGE if the searches of a user have too many characters */
function mustHaveRoom(searches: readonly object[]): void {
  if (JSON.stringify(searches).length <= MOST_TEXT) return;
  throw new Refused('ERR_TOO_LARGE', `cannot save more than ${MOST_TEXT} characters of searches; remove some`);
}

function mayShare({ caller }: Pick<Asked, 'caller'>, isShared: boolean): void {
  if (!isShared || includes(caller!.role, 'operate')) return;
  throw new Refused('ERR_ROLE', `cannot change a shared search: it needs the role operate`);
}

/** The revision that the client has seen; without `If-Match`, the present one. @throws Refused ERR_PRECONDITION */
function revisionFor({ request, params }: Named, old: KeptSearch | undefined): number {
  const seen = request.headers['if-match'];
  const present = old?.revision ?? 0;
  if (seen === undefined || seen === `"${present}"` || (seen === '*' && old)) return present;
  throw new Refused('ERR_PRECONDITION', `cannot save the search ${JSON.stringify(params.name)}: it was changed since`);
}

function changed(name: string): Refused {
  return new Refused(
    'ERR_CONFLICT',
    `cannot save the search ${JSON.stringify(name)}: it was changed meanwhile; read it again`,
  );
}
