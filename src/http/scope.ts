import { CordwoodError } from '../base/errors.ts';
import type { Filter } from '../model/filter.ts';
import type { Query } from '../model/query.ts';
import { and, fieldOf, isZone, parseQuery, unknownField } from '../query/index.ts';
import type { RemovalCause } from '../store/contract.ts';
import type { AnswerContext } from './context.ts';
import type { End, Scope } from './contract.ts';

const DAY = 86_400_000;

/** What a scope means now: which messages, and what the answer says about its window. */
export type Selection = {
  readonly query: Query & { readonly upTo: readonly string[] };
  readonly window: Pick<End, 'since' | 'until' | 'sinceDefault'>;
};

/**
 * Reads a scope. Without `since` it means the last 24 hours, unless a cursor says where to begin.
 * @throws QueryError where a query cannot be read, CordwoodError ERR_USAGE where the window cannot be
 */
export function select(scope: Scope, context: AnswerContext, hasCursor = false): Selection {
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
  return {
    query: { filter, ...window, upTo: context.visible(), order: 'oldest' },
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

/** Why the store may hold less than once arrived in the window, for people; empty where it holds all of it. */
export async function uncovered({ window }: Selection, context: AnswerContext): Promise<Pick<End, 'uncovered'>> {
  const reasons: string[] = [];
  const { store } = context;
  for (const { stream, until, why } of await store.retained()) {
    if (window.since === undefined || window.since >= until) continue;
    const edge = new Date(until).toISOString();
    reasons.push(`the window begins before ${edge}: what the stream ${stream} had until then is gone (${GONE[why]})`);
  }
  const damaged = store.damaged ?? (await store.stats()).damaged;
  if (damaged > 0) reasons.push(`damaged pieces of the store are left out: ${damaged}`);
  return reasons.length > 0 ? { uncovered: reasons } : {};
}
