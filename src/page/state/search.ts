import { batch, effect, signal, untracked } from '@preact/signals';
import type { Gap, Histogram, Messages, Top, Window } from '../api/answers.ts';
import { ask, serverTime } from '../api/client.ts';
import { Failure } from '../api/failure.ts';
import { Lines } from './lines.ts';
import { LEVELS, type Level, withoutLevels } from './terms.ts';
import { runs, view, zone } from './view.ts';

/** Lines of the first page: enough for a screen. Pages that scrolling loads are larger. */
const FIRST_PAGE = 100;
const LATER_PAGE = 1000;

export type Answered = {
  /** The window as the server resolved it, ms. Further questions about this answer ask for the same. */
  readonly window: { readonly since?: number; readonly until: number };
  readonly query: string;
  readonly gaps: readonly Gap[];
  readonly uncovered: readonly string[];
  /** How long the first page took, ms. */
  readonly took: number;
  /** The page before the oldest line; undefined if the oldest line is loaded. */
  readonly older?: string | undefined;
};

export const lines = new Lines();
export const isSearching = signal(false);
/** The answer on the screen; undefined before the first. */
export const answered = signal<Answered | undefined>(undefined);
export const failure = signal<Failure | undefined>(undefined);
export const histogram = signal<Histogram | undefined>(undefined);
/** Messages by level, as the query finds them without its condition on levels. */
export const counts = signal<ReadonlyMap<Level, number> | undefined>(undefined);
export const isLoadingOlder = signal(false);

let current = new AbortController();

/** Searches as the address says whenever it is asked to; once is enough for the life of the page. */
export function keepSearching(): () => void {
  return effect(() => {
    runs.value;
    untracked(() => void search());
  });
}

async function search(): Promise<void> {
  current.abort();
  const abort = new AbortController();
  current = abort;
  isSearching.value = true;
  try {
    const first = await firstPage(abort.signal);
    batch(() => {
      failure.value = undefined;
      answered.value = first.answered;
      isSearching.value = false;
      lines.reset(first.rows);
    });
    await Promise.all([countLevels(abort.signal), countOverTime(abort.signal)]);
  } catch (error) {
    if (abort.signal.aborted) return;
    isSearching.value = false;
    failure.value = error instanceof Failure ? error : new Failure(0, { message: String(error) });
  }
}

async function firstPage(abort: AbortSignal) {
  const { query, from, to } = view.value;
  const started = performance.now();
  const scope = { query, since: from, until: to, zone: zone.value };
  const page = await ask<Messages>('messages', { ...scope, limit: FIRST_PAGE, order: 'newest' }, abort);
  const { since: start, until = serverTime() } = page.window ?? {};
  const result: Answered = {
    window: { ...(start !== undefined && { since: start }), until },
    query,
    gaps: page.gaps ?? [],
    uncovered: page.uncovered ?? [],
    took: performance.now() - started,
    older: page.next,
  };
  return { answered: result, rows: page.items.toReversed() };
}

/** Loads the page before the oldest line, once at a time. */
export async function loadOlder(): Promise<void> {
  const answer = answered.value;
  if (!answer?.older || isLoadingOlder.value || isSearching.value) return;
  const abort = current.signal;
  isLoadingOlder.value = true;
  try {
    const page = await ask<Messages>(
      'messages',
      { ...pageScope(answer), page: answer.older, limit: LATER_PAGE },
      abort,
    );
    batch(() => {
      answered.value = { ...answer, older: page.next };
      lines.addOlder(page.items.toReversed());
    });
  } catch (error) {
    if (!abort.aborted) failure.value = error instanceof Failure ? error : new Failure(0, { message: String(error) });
  } finally {
    isLoadingOlder.value = false;
  }
}

function pageScope({ query, window }: Answered) {
  return { query, ...scopeOf(window), zone: zone.value, order: 'newest' };
}

/** A window as parameters: `all` where it has no beginning. */
export function scopeOf({ since, until }: Window): { since: number | string; until: number | undefined } {
  return { since: since ?? 'all', until };
}

/** Counts the same window again, up to a later end, while a live view adds lines. */
export function countAgain(until: number): void {
  const answer = answered.value;
  if (!answer || isSearching.value) return;
  const length = answer.window.since === undefined ? undefined : answer.window.until - answer.window.since;
  answered.value = { ...answer, window: { ...(length !== undefined && { since: until - length }), until } };
  const { signal } = current;
  Promise.all([countLevels(signal), countOverTime(signal)]).catch(() => undefined);
}

async function countOverTime(abort: AbortSignal): Promise<void> {
  const { query, window } = answered.value!;
  const parameters = { query, ...scopeOf(window), zone: zone.value, by: 'severity', buckets: 120 };
  const counted = await ask<Histogram>('histogram', parameters, abort);
  histogram.value = counted;
}

async function countLevels(abort: AbortSignal): Promise<void> {
  const { query, window } = answered.value!;
  const parameters = {
    query: withoutLevels(query),
    ...scopeOf(window),
    zone: zone.value,
    fields: 'severity',
    limit: 8,
  };
  const top = await ask<Top>('top', parameters, abort);
  counts.value = new Map(
    top.items.flatMap(({ values: [value], count }) => {
      const level = levelOf(value);
      return level ? [[level, count] as const] : [];
    }),
  );
}

/** A severity as answers give it, by number or by name. */
export function levelOf(value: unknown): Level | undefined {
  return typeof value === 'number' ? LEVELS[value] : LEVELS.find((level) => level === value);
}
