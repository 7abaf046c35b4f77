import { formatCount } from '../../base/text.ts';
import type { Group } from '../../model/query.ts';
import { paint } from '../io/colors.ts';
import { visible } from '../io/escape.ts';
import { groupText } from './group-text.ts';
import { cut, pad, widthOf } from './width.ts';

/** What a chart shows; times are ms. */
export type ChartOptions = {
  readonly groups: readonly Group[];
  /** The field whose values have columns of their own; undefined for one bar of all messages. */
  readonly field: string | undefined;
  readonly step: number;
  /** The bounds of the window; undefined if it is open. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly now: number;
  readonly columns: number;
  readonly color: boolean;
  readonly stamp: (at: number) => string;
};

/** Eighths of a cell. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** Columns of the longest bar, even on a narrow terminal. */
const MIN_BAR = 10;
/** Values with a column of their own; the others share one. */
const MAX_SERIES = 6;
/** Columns of a heading. */
const MAX_HEAD = 16;
/** Empty rows drawn between two buckets; a longer gap is one line. */
const MAX_EMPTY = 100;

/** One row for each bucket: its time, its counts, and a bar in proportion to the largest bucket. */
export function chart(options: ChartOptions): string {
  const { groups, stamp, columns } = options;
  if (groups.length === 0) return '';
  const series = seriesOf(options);
  const rows = bucketsOf(options, series);
  const largest = rows.reduce((max, { total }) => Math.max(max, total), 1);
  const heads = series.length > 0 ? [...series.map(({ head }) => head), 'total'] : [''];
  const widths = heads.map((head, index) =>
    rows.reduce(
      (width, { counts, total }) => Math.max(width, formatCount(counts[index] ?? total).length),
      widthOf(head),
    ),
  );
  const used = stamp(rows[0]!.at).length + widths.reduce((sum, width) => sum + width + 2, 0) + 2;
  const room = Math.max(MIN_BAR, columns - used);
  const line = (time: string, cells: readonly string[], bar: string): string =>
    `${[time, ...cells.map((cell, index) => pad(cell, widths[index]!, 'left')), bar].join('  ').trimEnd()}\n`;
  const lines = rows.map(({ at, counts, total, worst, skipped }) => {
    if (skipped) return `${''.padEnd(stamp(at).length)}  … ${formatCount(skipped)} empty\n`;
    const bar = barOf((total / largest) * room);
    const painted = options.color && worst !== undefined ? paint(bar, worst) : bar;
    return line(stamp(at), [...counts, total].map(formatCount), painted);
  });
  const header = series.length > 0 ? line(''.padEnd(stamp(rows[0]!.at).length), heads, '') : '';
  return header + lines.join('');
}

type Series = { readonly head: string; readonly has: (value: string | number | null) => boolean };

/** The most common values, sorted by value if they are numbers (severities), and one column for the others. */
function seriesOf({ groups, field }: ChartOptions): Series[] {
  if (field === undefined) return [];
  const totals = new Map<string | number | null, number>();
  for (const { values, count } of groups) totals.set(values[0] ?? null, (totals.get(values[0] ?? null) ?? 0) + count);
  const byCount = [...totals.keys()].sort((a, b) => totals.get(b)! - totals.get(a)!);
  const shown = byCount.slice(0, MAX_SERIES);
  if (shown.every((value) => typeof value === 'number')) shown.sort((a, b) => Number(a) - Number(b));
  const series = shown.map(
    (value): Series => ({ head: cut(visible(groupText(field, value)), MAX_HEAD), has: (other) => other === value }),
  );
  const known = new Set(shown);
  if (totals.size > shown.length) series.push({ head: 'others', has: (value) => !known.has(value) });
  return series;
}

type Bucket = {
  readonly at: number;
  readonly counts: number[];
  total: number;
  /** The worst severity in it; undefined unless the chart is by severity. */
  worst: number | undefined;
  /** How many empty buckets this stands for. */
  readonly skipped?: number;
};

function bucketsOf({ groups, field, step, since, until, now }: ChartOptions, series: readonly Series[]): Bucket[] {
  const found = new Map<number, Bucket>();
  for (const { at = 0, values, count } of groups) {
    let bucket = found.get(at);
    if (!bucket) {
      bucket = empty(at, series);
      found.set(at, bucket);
    }
    const value = values[0] ?? null;
    const index = series.findIndex(({ has }) => has(value));
    if (index >= 0) bucket.counts[index]! += count;
    bucket.total += count;
    if (field === 'severity' && typeof value === 'number') bucket.worst = Math.min(bucket.worst ?? 7, value);
  }
  const times = [...found.keys()].sort((a, b) => a - b);
  const first = since === undefined ? times[0]! : Math.min(times[0]!, Math.floor(since / step) * step);
  const last = Math.max(times.at(-1)!, Math.ceil((until ?? now) / step) * step - step);
  const buckets: Bucket[] = [];
  let next = first;
  for (const at of [...times, last + step]) {
    const missing = Math.round((at - next) / step);
    if (missing > MAX_EMPTY) buckets.push({ ...empty(next, series), skipped: missing });
    else for (; next < at; next += step) buckets.push(empty(next, series));
    const bucket = found.get(at);
    if (bucket) buckets.push(bucket);
    next = at + step;
  }
  return buckets;
}

function empty(at: number, series: readonly Series[]): Bucket {
  return { at, counts: series.map(() => 0), total: 0, worst: undefined };
}

function barOf(cells: number): string {
  const eighths = Math.round(cells * 8);
  const bar = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
  return bar === '' && cells > 0 ? EIGHTHS[1]! : bar;
}
