import { z } from '../../base/schema.ts';
import type { AlertParams } from '../../ask/contract.ts';
import { parseDuration } from '../../base/units.ts';
import { SCOPE, time, timeOf, whole } from '../params.ts';
import { Refused } from '../problem.ts';
import { type Route, route } from '../route.ts';
import type { Asked } from '../world.ts';
import { askAll, mustHave } from './ask-all.ts';

const NONE = z.strictObject({});
const RULE = z.string().min(1).max(100);
const FOR = z.string().meta({ description: 'for how long, e.g. `2h`; `0s` ends it' });
const ROWS = z.object({ items: z.array(z.looseObject({})) });
const PATH = '/api/v1/alerts';

type Action = Pick<Asked, 'context' | 'signal'>;

/** Rules, incidents and their notices. */
export const ALERT_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: PATH,
    access: 'read',
    limited: 'refused',
    about: 'Rules with their incidents, the outbox, and until when all are muted',
    params: NONE,
    answer: ROWS.extend({
      outbox: z.looseObject({}).optional().meta({ description: 'notices that could not be sent yet' }),
      mutedUntil: z.number().optional().meta({ description: 'ms' }),
    }),
    handle: list,
  }),
  route({
    method: 'GET',
    path: `${PATH}/{rule}/letters`,
    access: 'read',
    limited: 'refused',
    about: 'Notices of the last week about a rule',
    params: z.strictObject({ rule: RULE }),
    answer: ROWS,
    handle: async (asked) => {
      const { rule } = asked.params;
      await mustBeRule(asked, rule);
      return { items: (await askAll(asked, 'alerts', { action: 'letters', name: rule })).items };
    },
  }),
  route({
    method: 'POST',
    path: `${PATH}/{rule}/silence`,
    access: 'operate',
    limited: 'refused',
    about: 'Sends no notices of a rule for some time',
    params: z.strictObject({ rule: RULE, for: FOR }),
    handle: async (asked) => {
      const { rule } = asked.params;
      await mustBeRule(asked, rule);
      await act(asked, { action: 'silence', rule, ms: durationOf(asked.params.for) });
    },
  }),
  route({
    method: 'POST',
    path: `${PATH}/{rule}/test`,
    access: 'operate',
    limited: 'refused',
    about: 'Judges a rule over what is stored: the notices that it would have sent',
    params: z.strictObject({
      rule: RULE,
      since: time,
      until: time.optional(),
      zone: SCOPE.zone,
      perWeek: whole(0, 1000, 'notices a week that are acceptable, for the suggested threshold').default(5),
    }),
    answer: ROWS,
    handle: async (asked) => {
      const { rule, since, until = 'now', zone = 'UTC', perWeek } = asked.params;
      await mustBeRule(asked, rule);
      const at = { now: asked.context.now(), zone };
      const test = { action: 'test', rule, since: timeOf(since, at), until: timeOf(until, at), perWeek } as const;
      return { items: (await askAll(asked, 'alerts', test)).items };
    },
  }),
  route({
    method: 'POST',
    path: `${PATH}/mute`,
    access: 'operate',
    limited: 'refused',
    about: 'Sends no notices at all for some time',
    params: z.strictObject({ for: FOR }),
    handle: (asked) => act(asked, { action: 'mute', ms: durationOf(asked.params.for) }),
  }),
  route({
    method: 'POST',
    path: `${PATH}/retry`,
    access: 'operate',
    limited: 'refused',
    about: 'Has notices that could not be sent tried again within a minute',
    params: NONE,
    answer: z.object({ retried: z.number() }),
    handle: async (asked) => (await askAll(asked, 'alerts', { action: 'retry' })).items[0],
  }),
  route({
    method: 'POST',
    path: '/api/v1/incidents/{id}/acknowledge',
    access: 'operate',
    limited: 'refused',
    about: 'Stops repeated notices of an incident',
    params: z.strictObject({ id: RULE, note: z.string().max(500).optional() }),
    handle: async (asked) => {
      const { id, note } = asked.params;
      await mustBeOpen(asked, id);
      await act(asked, { action: 'ack', incident: id, ...(note !== undefined && { note }) });
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/incidents/{id}/resolve',
    access: 'operate',
    limited: 'refused',
    about: 'Closes an incident without a notice; it opens again if the condition still holds',
    params: z.strictObject({ id: RULE }),
    handle: async (asked) => {
      await mustBeOpen(asked, asked.params.id);
      await act(asked, { action: 'resolve', incident: asked.params.id });
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/digest',
    access: 'read',
    limited: 'refused',
    about: 'The daily digest as it would be sent now',
    params: NONE,
    answer: z.object({ subject: z.string(), text: z.string() }),
    handle: async (asked) => {
      const [row] = (await askAll(asked, 'alerts', { action: 'digest', send: false })).items;
      return (row as { digest: object }).digest;
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/digest',
    access: 'operate',
    limited: 'refused',
    about: 'Sends the digest now',
    params: NONE,
    answer: z.object({ sentTo: z.array(z.string()) }),
    handle: async (asked) => (await askAll(asked, 'alerts', { action: 'digest', send: true })).items[0],
  }),
];

async function list(asked: Action): Promise<{ readonly items: readonly object[] }> {
  const { items } = await askAll(asked, 'alerts', { action: 'list' });
  const others = items.filter((row) => !('rule' in row));
  return { items: items.filter((row) => 'rule' in row), ...Object.assign({}, ...others) };
}

async function mustBeOpen(asked: Action, id: string): Promise<void> {
  const incidents = (await list(asked)).items.flatMap((row) => ('incident' in row ? [row.incident as object] : []));
  mustHave(incidents, 'id', id);
}

async function act(asked: Action, params: AlertParams): Promise<void> {
  await askAll(asked, 'alerts', params);
}

async function mustBeRule(asked: Action, rule: string): Promise<void> {
  mustHave((await list(asked)).items, 'rule', rule);
}

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new Refused('ERR_USAGE', `cannot read for=${JSON.stringify(text)}: write a duration with its unit, e.g. 2h`);
}
