import { z } from '../../base/schema.ts';
import type { Caller } from '../access/caller.ts';
import { Refused } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { ROLES } from '../settings.ts';
import type { ApiWorld } from '../world.ts';

const SESSION = z.object({
  user: z.string(),
  role: z.enum(ROLES),
  way: z
    .enum(['password', 'link', 'token', 'proxy', 'address'])
    .meta({ description: 'how the caller has shown who it is' }),
  only: z.string().optional().meta({ description: 'the user sees only messages that match this query' }),
  version: z.string().meta({ description: 'of the server' }),
  zone: z.string().meta({ description: 'time zone of the server' }),
});

const PATH = '/api/v1/session';

/** Logging in and out. */
export const SESSION_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: PATH,
    access: 'login',
    limited: 'within',
    about: 'Who is logged in, and what it may do',
    params: z.strictObject({}),
    answer: SESSION,
    handle: ({ caller, world }) => sessionOf(caller!, world),
  }),
  route({
    method: 'POST',
    path: PATH,
    access: 'everyone',
    limited: 'within',
    about: 'Logs in by a name and a password, or by the secret of a link of `cordwood web`; sets a cookie',
    params: z.strictObject({
      user: z.string().min(1).max(100).optional(),
      password: z.string().min(1).max(1000).optional(),
      link: z.string().min(1).max(100).optional().meta({ description: 'what follows # in the link' }),
    }),
    answer: SESSION,
    handle: async ({ params: { user, password, link }, world, request, reply }) => {
      const { callers } = world;
      if (link !== undefined) return sessionOf(callers.logInByLink(link, request, reply), world);
      if (user !== undefined && password !== undefined) {
        return sessionOf(await callers.logIn(user, password, request, reply), world);
      }
      throw new Refused('ERR_USAGE', 'cannot log in: send user and password, or link');
    },
  }),
  route({
    method: 'DELETE',
    path: PATH,
    access: 'login',
    limited: 'within',
    about: 'Logs out: ends the session, also for copies of its cookie',
    params: z.strictObject({}),
    handle: ({ world, request, reply }) => world.callers.logOut(request, reply),
  }),
];

function sessionOf({ name, role, way, only }: Caller, { version }: ApiWorld): z.output<typeof SESSION> {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { user: name, role, way, ...(only && { only: only.query }), version, zone };
}
