import type { Notice } from './contract.ts';

/** One notice that stands for many to the same recipient; `at` in ms. */
export function summaryOf(notices: readonly Notice[], recipient: string, at: number): Notice {
  const first = notices[0]!;
  const matchesOf = (some: readonly Notice[]): number => some.reduce((sum, { incident }) => sum + incident.total, 0);
  const rules = [...Map.groupBy(notices, ({ rule }) => rule)].map(([rule, some]) => ({
    rule,
    notices: some.length,
    matches: matchesOf(some),
  }));
  const hosts = new Set(notices.flatMap(({ incident }) => incident.keys.map(([key]) => key))).size;
  const severity = Math.min(...notices.map((notice) => notice.severity));
  return {
    ...first,
    // Of what it stands for: the same summary is put in once, whoever tries.
    id: `summary.${first.id}`,
    kind: 'summary',
    severity,
    to: [recipient],
    at,
    foundAt: at,
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
