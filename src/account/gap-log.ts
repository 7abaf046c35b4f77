import { DAY, MINUTE } from '../base/units.ts';
import type { StateChange, StoreState } from '../store/contract.ts';
import type { Gap, Interval } from './contract.ts';

/** The namespace of the store's state with the coverage log. */
export const COVERAGE = 'coverage';
/** Two gaps of the same kind that are at most this far apart are merged, ms: gaps with dropped messages, … */
const NEAR = MINUTE;
/** … and gaps in which nothing was accepted, since in between all was well. */
const ADJACENT = 2000;
/** Most gaps of a day; beyond that, all gaps of the same kind are merged. */
const GAPS_A_DAY = 500;
const KEEP = 400 * DAY;
/** A window of at most this many days is read day by day; a longer one by a scan of all days. */
const FEW_DAYS = 40;

/**
 * Gaps in the store's state, by UTC day: merged, limited in number, the oldest deleted. A gap over midnight is stored in
 * pieces, so a query about one day reads that day only.
 */
export class GapLog {
  readonly #state: StoreState;
  readonly #prefix: string;
  readonly #days = new Map<string, Gap[]>();
  readonly #changed = new Set<string>();
  #oldestKept = '';

  /** @param prefix the beginning of the keys; each has one writer */
  constructor(state: StoreState, prefix: string) {
    this.#state = state;
    this.#prefix = prefix;
  }

  /** @throws what the store throws; then nothing is added */
  async add(gap: Gap): Promise<void> {
    const pieces = piecesOf(gap);
    await this.#forget(gap.from - KEEP);
    for (const { from } of pieces) await this.#day(dayKey(this.#prefix, from));
    for (const piece of pieces) {
      const key = dayKey(this.#prefix, piece.from);
      const gaps = this.#days.get(key)!;
      insert(gaps, piece, gap.count === undefined ? ADJACENT : NEAR);
      if (gaps.length > GAPS_A_DAY) this.#days.set(key, condensed(gaps));
      this.#changed.add(key);
    }
  }

  /** The changes to write; the next call returns them again unless `written` was called. */
  changes(): StateChange[] {
    return Array.from(this.#changed, (key) => ({ namespace: COVERAGE, key, value: this.#days.get(key) }));
  }

  /** Forgets the changes: they are in the store. */
  written(): void {
    const newest = [...this.#days.keys()].sort().at(-1);
    for (const key of this.#changed) if (key !== newest) this.#days.delete(key);
    this.#changed.clear();
  }

  async #day(key: string): Promise<Gap[]> {
    let gaps = this.#days.get(key);
    if (!gaps) {
      gaps = ((await this.#state.get(key))?.value as Gap[] | undefined) ?? [];
      this.#days.set(key, gaps);
    }
    return gaps;
  }

  /** Deletes days before this time, once a day. */
  async #forget(before: number): Promise<void> {
    const oldest = dayKey(this.#prefix, before);
    if (oldest <= this.#oldestKept) return;
    for (const { key } of await this.#state.scan(`${this.#prefix}/`)) {
      if (key >= oldest) break;
      this.#days.delete(key);
      this.#changed.add(key);
    }
    this.#oldestKept = oldest;
  }
}

/** Reads the gaps of a log that overlap [from, to), and some others. */
export async function readGaps(state: StoreState, prefix: string, { from, to }: Interval): Promise<Gap[]> {
  if (from <= 0 || to - from > FEW_DAYS * DAY)
    return joinedAtMidnight((await state.scan(`${prefix}/`)).flatMap(gapsOf));
  const read = async (at: number): Promise<Gap[]> => gapsOf(await state.get(dayKey(prefix, at)));
  let first = from - (from % DAY);
  const days = Array.from({ length: Math.ceil((to - first) / DAY) }, (_, index) => first + index * DAY);
  const found = (await Promise.all(days.map(read))).flat();
  // A gap over midnight began on an earlier day.
  while (found.some((gap) => gap.from === first)) {
    const end = first;
    first -= DAY;
    const before = (await read(first)).filter((gap) => gap.to === end);
    if (before.length === 0) break;
    found.unshift(...before);
  }
  return joinedAtMidnight(found);
}

function gapsOf(entry: { readonly value: unknown } | undefined): Gap[] {
  return (entry?.value ?? []) as Gap[];
}

function dayKey(prefix: string, at: number): string {
  return `${prefix}/${new Date(at).toISOString().slice(0, 10)}`;
}

/** Splits a gap by day; the first piece has its count. */
function piecesOf(gap: Gap): Gap[] {
  const { count, ...rest } = gap;
  const pieces: Gap[] = [];
  for (let from = gap.from; from < gap.to; ) {
    const to = Math.min(gap.to, from - (from % DAY) + DAY);
    pieces.push({ ...(pieces.length === 0 ? gap : rest), from, to });
    from = to;
  }
  return pieces;
}

function joinedAtMidnight(gaps: readonly Gap[]): Gap[] {
  const whole: Gap[] = [];
  for (const gap of gaps) {
    const at = gap.from % DAY === 0 ? whole.findIndex((each) => each.to === gap.from && isAlike(each, gap)) : -1;
    if (at < 0) whole.push(gap);
    else whole[at] = joined(whole[at]!, gap);
  }
  return whole;
}

function insert(gaps: Gap[], gap: Gap, near: number): void {
  const at = gaps.findLastIndex(
    (each) => isAlike(each, gap) && gap.from - each.to <= near && each.from - gap.to <= near,
  );
  if (at < 0) gaps.push(gap);
  else gaps[at] = joined(gaps[at]!, gap);
}

function condensed(gaps: readonly Gap[]): Gap[] {
  const few: Gap[] = [];
  for (const { host: _, ...gap } of gaps) insert(few, gap, DAY);
  return few;
}

function isAlike(a: Gap, b: Gap): boolean {
  return a.reason === b.reason && a.listener === b.listener && a.host === b.host;
}

function joined(a: Gap, b: Gap): Gap {
  const count = a.count === undefined && b.count === undefined ? undefined : (a.count ?? 0) + (b.count ?? 0);
  const { count: _, ...rest } = a;
  const [from, to] = [Math.min(a.from, b.from), Math.max(a.to, b.to)];
  return { ...rest, from, to, ...(count !== undefined && { count }) };
}
