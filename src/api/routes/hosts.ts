import { z } from '../../base/schema.ts';
import { parseDuration } from '../../base/units.ts';
import { flag } from '../params.ts';
import { Refused } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { askAll, mustHave } from './ask-all.ts';

const HOST = z.string().min(1).max(255);
const ROWS = z.object({ items: z.array(z.looseObject({ host: z.string() })) });
const NONE = z.strictObject({});

/** Hosts and their clocks. */
export const HOST_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/hosts',
    access: 'read',
    limited: 'refused',
    about: 'Every host that ever sent, with its rhythm and volume',
    params: z.strictObject({ silent: flag('only those that are silent').optional() }),
    answer: ROWS,
    handle: async (asked) => {
      const { items } = await askAll(asked, 'hosts', { action: 'list' });
      return { items: asked.params.silent ? items.filter((row) => 'silentSince' in row) : items };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/v1/hosts/{host}/expected',
    access: 'operate',
    limited: 'refused',
    about: 'Expects a host, also one that has never sent',
    params: z.strictObject({
      host: HOST,
      within: z.string().optional().meta({ description: 'how long it may be silent, e.g. `6h`; default: a day' }),
    }),
    handle: async (asked) => {
      const { host, within } = asked.params;
      const ms = within === undefined ? undefined : parseDuration(within);
      if (within !== undefined && ms === undefined) {
        throw new Refused('ERR_USAGE', `cannot read within=${JSON.stringify(within)}: write a duration, e.g. 6h`);
      }
      await askAll(asked, 'hosts', { action: 'expect', hosts: [host], ...(ms !== undefined && { within: ms }) });
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/hosts/{host}/expected',
    access: 'operate',
    limited: 'refused',
    about: 'Stops expecting a host until it sends again',
    params: z.strictObject({ host: HOST }),
    handle: (asked) => retire(asked, asked.params.host),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/hosts/{host}',
    access: 'operate',
    limited: 'refused',
    about: 'Retires a host: stops expecting it until it sends again',
    params: z.strictObject({ host: HOST }),
    handle: (asked) => retire(asked, asked.params.host),
  }),
  route({
    method: 'GET',
    path: '/api/v1/clocks',
    access: 'read',
    limited: 'refused',
    about: 'What the timestamps of each host show about its clock',
    params: NONE,
    answer: ROWS,
    handle: async (asked) => ({ items: (await askAll(asked, 'clocks', { action: 'list', hosts: [] })).items }),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/clocks/{host}',
    access: 'operate',
    limited: 'refused',
    about: 'Has bare timestamps of a host read in another time zone from now on; without `zone`, in the likely one',
    params: z.strictObject({ host: HOST, zone: z.string().optional() }),
    answer: ROWS,
    handle: async (asked) => {
      const { host, zone } = asked.params;
      const params = { hosts: [host], ...(zone !== undefined && { zone }) };
      return { items: (await askAll(asked, 'clocks', { action: 'set', ...params })).items };
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/clocks/{host}',
    access: 'operate',
    limited: 'refused',
    about: 'Removes the time zone that was set for a host',
    params: z.strictObject({ host: HOST }),
    answer: ROWS,
    handle: async (asked) => ({
      items: (await askAll(asked, 'clocks', { action: 'unset', hosts: [asked.params.host] })).items,
    }),
  }),
];

async function retire(asked: Parameters<typeof askAll>[0], host: string): Promise<void> {
  mustHave((await askAll(asked, 'hosts', { action: 'list' })).items, 'host', host);
  await askAll(asked, 'hosts', { action: 'retire', host });
}
