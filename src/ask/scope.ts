import type { Gap } from '../account/contract.ts';
import { CordwoodError } from '../base/errors.ts';
import { isZone } from '../base/zone.ts';
import type { Filter } from '../model/filter.ts';
import type { Query } from '../model/query.ts';
import { and, fieldOf, parseQuery, unknownField } from '../query/index.ts';
import type { RemovalCause } from '../store/contract.ts';
import type { AnswerContext } from './context.ts';
import { mayBeRelevant } from './relevance.ts';
import type { End, Scope } from './contract.ts';

const DAY = 86_400_000;

/** What a scope means now: which messages, and what the answer says about its window. */
export type Selection = {
  readonly query: Query & { readonly upTo: readonly string[] };
  readonly window: Pick<End, 'since' | 'until' | 'sinceDefault'>;
};

/**
 * Reads a scope. Without `since` it means the last 24 hours, unless a cursor says where to begin.
 * @param goesOn whether a follower goes on where the answer ends
 * @throws QueryError where a query cannot be read, CordwoodError ERR_USAGE where the window cannot be
 */
export function select(scope: Scope, context: AnswerContext, hasCursor = false, goesOn = false): Selection {
  const now = context.now();
  const filter = filterOf(scope, now);
  const sinceDefault = scope.since === undefined && !hasCursor;
  const since = typeof scope.since === 'number' ? scope.since : sinceDefault ? (scope.until ?? now) - DAY : undefined;
  const { until } = scope;
  if (since !== undefined && until !== undefined && until <= since) {
    const [from, to] = [since, until].map((ms) => new Date(ms).toISOString());
    throw new CordwoodError('ERR_USAGE', `cannot search from ${from} to ${to}: the window ends before it begins`);
  }
  const window = { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
  const upTo = hasCursor || goesOn ? context.visible() : (context.shown?.() ?? context.visible());
  return {
    query: { filter, ...window, upTo, order: 'oldest' },
    window: { ...window, ...(sinceDefault && { sinceDefault }) },
  };
}

function filterOf({ query = '', filters = [], zone }: Scope, now: number): Filter {
  if (zone !== undefined && !isZone(zone)) {
    throw new CordwoodError(
      'ERR_USAGE',
      `cannot read times in the zone ${JSON.stringify(zone)}: there is none of this name`,
    );
  }
  return and([query, ...filters.map(({ text }) => text)].map((text) => parseQuery(text, { now, zone })));
}

/** The field that a typed name means. @throws CordwoodError ERR_USAGE where there is none */
export function groupField(typed: string): string {
  const field = fieldOf(typed);
  if (field === undefined) throw new CordwoodError('ERR_USAGE', `cannot group by it: ${unknownField(typed)}`);
  return field;
}

const GONE: Readonly<Record<RemovalCause, string>> = {
  keep: 'past its keep',
  max_size: 'its max_size was exceeded',
  max_disk: 'max_disk was exceeded',
};

/** Gaps that an answer lists at most. */
const GAPS = 20;

/**
 * Why the store may hold less than was sent in the window, for people; empty where it holds all of it.
 * @param known what `gapsIn` has said of it already
 */
export async function uncovered(
  selection: Selection,
  context: AnswerContext,
  known?: readonly Gap[],
): Promise<Pick<End, 'uncovered' | 'gaps' | 'gapsLeftOut'>> {
  const reasons = [...(await retentionReasons(selection, context)), ...(await windowReasons(selection, context))];
  const { store } = context;
  const damaged = store.damaged ?? (await store.stats()).damaged;
  if (damaged > 0) reasons.push(`damaged pieces of the store are left out: ${damaged}`);
  const gaps = known ?? (await gapsIn(selection, context));
  return {
    ...(reasons.length > 0 && { uncovered: reasons }),
    ...(gaps.length > 0 && { gaps: gaps.slice(-GAPS) }),
    ...(gaps.length > GAPS && { gapsLeftOut: gaps.length - GAPS }),
  };
}

async function retentionReasons({ window }: Selection, { store }: AnswerContext): Promise<string[]> {
  const { since } = window;
  if (since === undefined) return [];
  return (await store.retentionEdges())
    .filter(({ until }) => since < until)
    .map(({ stream, until, why }) => {
      const edge = new Date(until).toISOString();
      return `the window begins before ${edge}: what the stream ${stream} had until then is gone (${GONE[why]})`;
    });
}

/** A window that nobody could fill. The default of 24 hours asks for no more than there is. */
async function windowReasons({ window }: Selection, { coverage, now }: AnswerContext): Promise<string[]> {
  const { since, sinceDefault } = window;
  if (since === undefined) return [];
  if (since > now()) return [`the window begins at ${new Date(since).toISOString()}, which is yet to come`];
  const begun = sinceDefault ? undefined : await coverage.since();
  if (begun === undefined || since >= begun) return [];
  return [`the window begins before ${new Date(begun).toISOString()}: nobody listened until then`];
}

/** Gaps of the window that may concern what the query asks for, earliest first. */
export async function gapsIn({ query, window }: Selection, { coverage, now }: AnswerContext): Promise<Gap[]> {
  const earliest = query.after?.map((id) => Number.parseInt(id.slice(0, 12), 16)) ?? [];
  const from = window.since ?? (earliest.length > 0 ? Math.min(...earliest) : 0);
  const gaps = await coverage.gaps(from, window.until ?? now() + 1);
  return gaps.filter((gap) => mayBeRelevant(query.filter, gap));
}
