import type { Gap } from '../account/contract.ts';
import { CordwoodError } from '../base/errors.ts';
import { countOf } from '../base/text.ts';
import { DAY } from '../base/units.ts';
import { isZone } from '../base/zone.ts';
import { type Filter, fieldsIn } from '../model/filter.ts';
import { arrivalOf } from '../model/id.ts';
import type { Query } from '../model/query.ts';
import { and, fieldOf, parseQuery, unknownField } from '../query/index.ts';
import type { RemovalCause } from '../store/contract.ts';
import type { AnswerContext } from './context.ts';
import { mayBeRelevant } from './relevance.ts';
import type { End, Scope } from './contract.ts';

/** Terms of a query and its filters together, at most: each looks at every message. */
const MAX_TERMS = 1000;

/** A scope as read at a point in time: the query, and the window that the answer reports. */
export type Selection = {
  readonly query: Query & { readonly upTo: readonly string[] };
  readonly window: Pick<End, 'since' | 'until' | 'sinceDefault'>;
};

/**
 * Reads a scope. Without `since` it is the last 24 hours, unless a cursor gives the start.
 * @param goesOn whether a follower goes on where the answer ends
 * @throws QueryError if a query cannot be read, CordwoodError ERR_USAGE if the window cannot
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
    throw new CordwoodError('ERR_USAGE', `cannot read times in the zone ${JSON.stringify(zone)}: unknown time zone`);
  }
  const parts = [query, ...filters.map(({ text }) => text)].map((text) => parseQuery(text, { now, zone }));
  const terms = parts.reduce((sum, part) => sum + fieldsIn(part).length, 0);
  if (terms > MAX_TERMS) {
    const remedy = 'use a glob or a pattern in place of many names';
    throw new CordwoodError(
      'ERR_USAGE',
      `cannot search by ${terms} terms: at most ${MAX_TERMS} are allowed; ${remedy}`,
    );
  }
  return and(parts);
}

/** The field of a name as typed, which may be an alias. @throws CordwoodError ERR_USAGE if it is unknown */
export function groupField(typed: string): string {
  const field = fieldOf(typed);
  if (field === undefined)
    throw new CordwoodError('ERR_USAGE', `cannot group by ${JSON.stringify(typed)}: ${unknownField(typed)}`);
  return field;
}

const REMOVED: Readonly<Record<RemovalCause, string>> = {
  keep: 'past its keep',
  max_size: 'over its max_size',
  max_disk: 'over max_disk',
};

/** Gaps listed in an answer, at most. */
const GAPS = 20;

/**
 * Why the store may hold less than was sent in the window, for people; empty if it holds everything.
 * @param known the result of `gapsIn`, if the caller has it
 */
export async function uncovered(
  selection: Selection,
  context: AnswerContext,
  known?: readonly Gap[],
): Promise<Pick<End, 'uncovered' | 'gaps' | 'gapsLeftOut'>> {
  const reasons = [...(await retentionReasons(selection, context)), ...(await windowReasons(selection, context))];
  const { store } = context;
  const damaged = store.damaged ?? (await store.stats()).damaged;
  if (damaged > 0) reasons.push(`${countOf(damaged, 'damaged piece')} of the store left out`);
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
      return `the window begins before ${edge}: earlier messages of the stream ${stream} were removed (${REMOVED[why]})`;
    });
}

/** Why the window begins in the future, or before any receiver was running. The default window is never a reason. */
async function windowReasons({ window }: Selection, { coverage, now }: AnswerContext): Promise<string[]> {
  const { since, sinceDefault } = window;
  if (since === undefined) return [];
  if (since > now()) return [`the window begins at ${new Date(since).toISOString()}, which is in the future`];
  const begun = sinceDefault ? undefined : await coverage.since();
  if (begun === undefined || since >= begun) return [];
  return [`the window begins before ${new Date(begun).toISOString()}: no receiver was running until then`];
}

/** Gaps of the window in which messages that match the query may be missing, earliest first. */
export async function gapsIn({ query, window }: Selection, { coverage, now }: AnswerContext): Promise<Gap[]> {
  const earliest = query.after?.map(arrivalOf) ?? [];
  const from = window.since ?? (earliest.length > 0 ? Math.min(...earliest) : 0);
  const gaps = await coverage.gaps(from, window.until ?? now() + 1);
  return gaps.filter((gap) => mayBeRelevant(query.filter, gap));
}
