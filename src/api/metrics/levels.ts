import type { Stats } from '../../ask/contract.ts';
import type { Family, Sample } from './family.ts';
import type { Parts } from './parts.ts';

/** What one scrape sees. A part is missing if the store could not be asked. */
export type Seen = {
  readonly status: Omit<Stats, 'store'>;
  readonly unready: readonly string[];
  readonly degraded: readonly string[];
  readonly visibleAt: number | undefined;
  readonly webCertificateExpires: number | undefined;
  /** ms. */
  readonly now: number;
  readonly parts: Partial<Parts>;
};

/** A family whose values are levels of the moment that no counter holds. */
export type Level = Family & { readonly samples: (seen: Seen) => readonly Sample[] };

/** Declares a gauge; `samples` gives its series, none if there is nothing to say. */
export function level(
  name: string,
  { labels = [], help }: { readonly labels?: readonly string[]; readonly help: string },
  samples: Level['samples'],
): Level {
  return { name: `cordwood_${name}`, kind: 'gauge', help, labels, samples };
}

/** The only series of a family without labels; none without a value. */
export function one(value: number | undefined): Sample[] {
  return value === undefined ? [] : [[{}, value]];
}

/** A series for each of these values of a label: how often it occurs among the rows. */
export function tally<Row>(
  rows: readonly Row[],
  {
    label,
    values,
    of,
  }: { readonly label: string; readonly values: readonly string[]; readonly of: (row: Row) => string },
): Sample[] {
  const counts = new Map(values.map((value) => [value, 0]));
  for (const row of rows) counts.set(of(row), (counts.get(of(row)) ?? 0) + 1);
  return [...counts].map(([value, count]) => [{ [label]: value }, count]);
}

/** ms to s. */
export function seconds(ms: number): number {
  return ms / 1000;
}
