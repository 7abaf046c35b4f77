import { DAY, HOUR, MINUTE } from '../../base/units.ts';
import { fold } from '../../model/tokens.ts';
import type { Query } from '../../model/query.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer, NameKind, Questions } from '../contract.ts';

/** Names in an answer, at most: more would not be read. */
const MOST = 1000;
/** Names that are looked through, at most: a sender can make up any number of them. */
const MOST_SEEN = 10_000;
/** Characters of a name, at most. */
const MAX_LENGTH = 255;
/** Names are looked for in the last messages, in one window after another. */
const WINDOWS = [MINUTE, 10 * MINUTE, HOUR, DAY];
/** A person waits for the answer: a window is not looked through if the one before took longer, ms. */
const MAX_MS = 10;

/**
 * Names that begin so, whatever the case, for completion: at most 1000, so that a long list costs no more than a short
 * one. Hosts, programs and fields are those of the last messages, and hosts those of the ledger, too.
 */
export async function* names(
  { of, prefix }: Questions['names']['params'],
  context: AnswerContext,
  signal: AbortSignal,
): Answer<'names'> {
  const begin = fold(prefix);
  const sent = new Set<string>();
  for await (const name of NAMES[of](context, signal)) {
    if (sent.has(name) || name.length > MAX_LENGTH || !fold(name).startsWith(begin)) continue;
    if (sent.size === MOST) return { limited: true };
    sent.add(name);
    yield { name };
  }
  return {};
}

const NAMES: { readonly [Kind in NameKind]: (context: AnswerContext, signal: AbortSignal) => AsyncIterable<string> } = {
  host: async function* (context, signal) {
    yield* await context.hosts.names();
    yield* valuesOf('hostname', context, signal);
  },
  program: (context, signal) => valuesOf('appname', context, signal),
  stream: async function* ({ retention }) {
    for (const { name } of retention().streams) yield name;
  },
  listener: async function* ({ status }) {
    for (const { name } of (await status()).listeners) yield name;
  },
  rule: async function* ({ alerts }) {
    for (const { rule } of await alerts.list()) yield rule;
  },
  incident: async function* ({ alerts }) {
    for (const { incident } of await alerts.list()) if (incident) yield incident.id;
  },
  alert: async function* ({ alerts }) {
    for (const { rule, incident } of await alerts.list()) yield* incident ? [rule, incident.id] : [rule];
  },
  hold: async function* ({ holds }) {
    for (const { name } of await holds.list()) yield name;
  },
  forward: async function* ({ forwards }) {
    for (const { name } of await forwards.list()) yield name;
  },
  field: (context, signal) =>
    lately(context, async (query) => {
      const fields = await context.store.fieldNames(query, signal, MOST_SEEN);
      return fields.map(({ name }) => name);
    }),
};

function valuesOf(field: string, context: AnswerContext, signal: AbortSignal): AsyncGenerator<string> {
  const grouping = { by: [field], atMost: MOST_SEEN, cutAt: MAX_LENGTH + 1 };
  return lately(context, async (query) => {
    const groups = await context.store.aggregate(query, grouping, signal);
    return groups.flatMap(({ values: [value] }) => (typeof value === 'string' ? [value] : []));
  });
}

/** What is found in the last messages, looked for in longer and longer windows as long as that is fast. */
async function* lately(
  context: AnswerContext,
  find: (query: Query) => Promise<readonly string[]>,
): AsyncGenerator<string> {
  for (const window of WINDOWS) {
    const began = performance.now();
    const since = context.now() - window;
    yield* (await find({ filter: { kind: 'all' }, since, upTo: context.visible(), order: 'oldest' })).toSorted();
    if (performance.now() - began > MAX_MS) return;
  }
}
