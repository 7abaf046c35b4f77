import { DAY } from '../../base/units.ts';
import type { StoreStats } from '../../store/contract.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer, StreamRow } from '../contract.ts';
import { fullAt, growthOf } from '../forecast.ts';

type Days = StoreStats['days'];

/** What each stream holds, in the order of the configuration, and what retention will remove. */
export async function* streams(_params: Record<string, never>, context: AnswerContext): Answer<'streams'> {
  const { store } = context;
  const { streams: policies, maxDisk, keepFree } = context.retention();
  const [{ days, disk }, edges, holds, oldest] = await Promise.all([
    store.stats(),
    store.retentionEdges(),
    context.holds.list(),
    store.oldest(),
  ]);
  const names = new Set([...policies.map(({ name }) => name), ...days.map(({ stream }) => stream)]);
  const rows = [...names].map((name): StreamRow => {
    const taken = edges.find(({ stream }) => stream === name);
    const own = days.filter(({ stream }) => stream === name).sort((a, b) => (a.day < b.day ? -1 : 1));
    return { ...rowOf(name, own, { context, oldest: oldest ?? 0 }), ...(taken && { taken }) };
  });
  const bytes = days.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const full = fullAt({ rows, days, now: context.now(), maxDisk, keepFree, disk });
  yield {
    streams: rows,
    bytes,
    ...(rows.some(({ growth }) => growth !== undefined) && {
      growth: rows.reduce((sum, { growth = 0 }) => sum + growth, 0),
    }),
    ...(maxDisk !== undefined && { maxDisk }),
    ...(keepFree !== undefined && { keepFree }),
    ...(disk && { disk }),
    ...(full && { full }),
    holds: holds.length,
  };
  return {};
}

function rowOf(
  name: string,
  days: Days,
  { context, oldest }: { readonly context: AnswerContext; readonly oldest: number },
): StreamRow {
  const policy = context.retention().streams.find((each) => each.name === name);
  const growth = growthOf(days, context.now(), oldest);
  const next = policy?.keep === undefined ? undefined : nextOf(days, policy.keep, context.now());
  return {
    name,
    ...(policy?.match !== undefined && { match: policy.match }),
    ...(policy?.keep !== undefined && { keep: policy.keep }),
    ...(policy?.maxSize !== undefined && { maxSize: policy.maxSize }),
    importance: policy?.importance ?? 'normal',
    configured: policy !== undefined,
    messages: days.reduce((sum, { messages }) => sum + messages, 0),
    bytes: days.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    ...(days.length > 0 && { first: days[0]!.day, last: days.at(-1)!.day }),
    ...(growth !== undefined && { growth }),
    ...(next && { next }),
  };
}

/** The oldest day that is still within its `keep`. What is older is kept by a hold, or about to be removed. */
function nextOf(days: Days, keep: number, now: number): StreamRow['next'] {
  for (const { day, storedBytes } of days) {
    const at = Date.parse(day) + DAY + keep;
    if (at > now) return { day, at, bytes: storedBytes };
  }
  return undefined;
}
