import { answer, QUESTIONS } from '../../ask/index.ts';
import type { QuestionName } from '../../ask/contract.ts';
import { z } from '../../base/schema.ts';
import { type Caller, includes } from '../access/caller.ts';
import { FORMATS } from '../answer/accept.ts';
import { sendAnswer } from '../answer/stream.ts';
import { Refused } from '../problem.ts';
import { type Route, route } from '../route.ts';
import type { Role } from '../settings.ts';
import { LoginWatch } from '../tail/login-watch.ts';
import type { Asked } from '../world.ts';

/** Questions that are answered from messages alone: users who see only some messages may ask them. */
const OF_MESSAGES: ReadonlySet<string> = new Set<QuestionName>(['search', 'count', 'hist', 'top', 'fields']);
/** Actions that change nothing, by question; all other actions need the role `operate`. */
const HARMLESS: { readonly [Name in QuestionName]?: readonly string[] } = {
  alerts: ['list', 'letters'],
  hosts: ['list'],
  clocks: ['list'],
  forwards: ['list'],
};

const QUESTION = z.strictObject({
  name: z.string().max(50),
  params: z.looseObject({}).default({}).meta({ description: 'the parameters of the question' }),
});
type QuestionAsked = Asked<z.output<typeof QUESTION>>;

/** What the command line asks from other machines: the questions of the control socket. */
export const QUESTION_ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/questions/{name}',
    access: 'read',
    limited: 'within',
    about: 'A question of `cordwood --server`, answered as on the control socket; it changes with the command line',
    params: QUESTION,
    types: [FORMATS.ndjson],
    handle: async (asked) => {
      const name = questionOf(asked.params.name);
      const { params } = asked.params;
      checkRights(name, params, asked.caller!);
      using opening = new DisposableStack();
      const signal = await enter(opening, name, asked);
      const rows = answer<QuestionName>(name, params, asked.context, signal);
      const { raw } = asked.reply;
      const open = opening.move();
      if (raw.closed) open.dispose();
      else raw.once('close', () => open.dispose());
      return sendAnswer(asked, rows);
    },
  }),
];

function questionOf(name: string): QuestionName {
  const found = QUESTIONS.find((one) => one === name);
  if (found) return found;
  const remedy = 'update the server, or use a command line of its version';
  throw new Refused(
    'ERR_NOT_FOUND',
    `cannot answer the question ${JSON.stringify(name)}: it is unknown here; ${remedy}`,
  );
}

/** The least role that may ask it. */
function roleFor(name: QuestionName, { action, send }: Readonly<Record<string, unknown>>): Role {
  if (name === 'hold-release') return 'admin';
  if (name === 'hold-add') return 'operate';
  // A question with actions that is not listed must not be one that all may ask.
  if (action === undefined || HARMLESS[name]?.includes(String(action))) return 'read';
  return name === 'alerts' && action === 'digest' && send === false ? 'read' : 'operate';
}

/** @throws Refused ERR_ROLE */
function checkRights(name: QuestionName, params: QuestionAsked['params']['params'], caller: Caller): void {
  const role = roleFor(name, params);
  if (!includes(caller.role, role)) {
    const reason = `it needs the role ${role}, and ${caller.name} has the role ${caller.role}`;
    throw new Refused('ERR_ROLE', `cannot answer the question ${name}: ${reason}`);
  }
  if (!caller.only || OF_MESSAGES.has(name)) return;
  const reason = `it shows more than messages, and ${caller.name} sees only ${caller.only.query}`;
  throw new Refused('ERR_ROLE', `cannot answer the question ${name}: ${reason}`);
}

/** Takes a place for an answer: a turn, or for one without an end a place among the tails. @returns what ends it */
async function enter(opening: DisposableStack, name: QuestionName, asked: QuestionAsked): Promise<AbortSignal> {
  const { world, caller, params, signal } = asked;
  if (name === 'search' && params.params['follow'] === true) {
    opening.use(world.tails.enter(caller!));
    return AbortSignal.any([signal, opening.use(new LoginWatch(asked)).signal]);
  }
  // A person may read a search in a pager for long, and must not hold a turn meanwhile.
  if (name !== 'search' && OF_MESSAGES.has(name)) opening.use(await world.turns.acquire(caller!.name, signal));
  return signal;
}
