import type { Notice } from '../notices/notice.ts';

/** When it is due, and when its recipient can get another notice, ms. */
export type SummaryTimes = { readonly at: number; readonly nextAt: number };

/** One notice that replaces several notices to the same recipient. */
export function summaryOf(notices: readonly Notice[], recipient: string, { at, nextAt }: SummaryTimes): Notice {
  const first = notices[0]!;
  const matchesOf = (some: readonly Notice[]): number =>
    some.reduce((sum, { incident, matches }) => sum + (matches ?? incident.total), 0);
  const rules = [...Map.groupBy(notices, ({ rule }) => rule)].map(([rule, some]) => ({
    rule,
    notices: some.length,
    matches: matchesOf(some),
  }));
  const named = new Set(notices.flatMap(({ incident }) => incident.keys.map(([key]) => key))).size;
  const hosts = Math.max(named, ...notices.map(({ incident }) => incident.groups ?? 0));
  const severity = Math.min(...notices.map((notice) => notice.severity));
  return {
    ...first,
    // Derived from the contents, so that inserting it twice has no effect.
    id: `summary.${first.id}`,
    kind: 'summary',
    severity,
    to: [recipient],
    at,
    foundAt: at,
    nextAt,
    window: { from: Math.min(...notices.map(({ window }) => window.from)), to: at },
    samples: [],
    context: [],
    late: 0,
    summary: {
      notices: notices.length,
      matches: matchesOf(notices),
      rules: rules.sort((a, b) => b.matches - a.matches),
      hosts,
    },
  };
}
