import { countOf, formatCount } from '../base/text.ts';
import { formatDuration, MINUTE } from '../base/units.ts';
import { DISPOSITION, SPAN } from '../model/batch.ts';
import type { OpenStage } from './contract.ts';
import { matchOf } from './match.ts';
import type { StageRows } from './stage-rows.ts';
import type { RateLimitSettings } from './settings.ts';

/** The most hosts (or peers) that are counted separately; further ones share one count. */
const MAX_KEYS = 10_000;
const OTHERS = '(others)';
/** The shortest time between two summary lines of a host, ms. */
const SUMMARY_MS = MINUTE;
/** Facility syslog, severity warning. */
const PRIORITY = 5 * 8 + 4;
const APPNAME = Buffer.from('cordwood');
/** What a summary line does not have. */
const NOT_IN_SUMMARY = [SPAN.procid, SPAN.msgid, SPAN.structuredData, SPAN.fields, SPAN.raw];

/**
 * The messages of a host in one window, and those that were dropped since the last summary line.
 * Stored: keep the names.
 */
type Bucket = { window: number; count: number; cut: number; since: number; saidAt: number };

type Saved = { readonly rule: string; readonly buckets: readonly (readonly [string, Bucket])[] };

/**
 * Lets `limit` messages of each host (or peer) through in each window: windows begin at multiples
 * of `every` since 1970, on the arrival clock. The first message over the limit, and then one each
 * minute, becomes a summary line that says how many were dropped, itself included. Rows that are
 * already stored count, too: after a crash, the other rows are treated as before it.
 */
export const openRateLimit: OpenStage<RateLimitSettings> = (settings, { disposition, counter }) => {
  const { by, limit, every, name } = settings;
  const matches = matchOf(settings.match);
  const rule = JSON.stringify([by, limit, every, settings.match]);
  const buckets = new Buckets();
  const allowed = `the limit is ${formatCount(limit)} in ${formatDuration(every)}`;

  const cut = (rows: StageRows, row: number, key: string, bucket: Bucket): void => {
    const { batch } = rows;
    const at = batch.receivedAt[row]!;
    bucket.cut++;
    const summary = at - bucket.saidAt >= SUMMARY_MS;
    if (rows.isStored(row)) {
      counter.add();
      const since = new Date(bucket.since || at).toISOString();
      const messages = countOf(bucket.cut, 'message');
      const text = `rate limit ${name}: ${messages} of ${by} ${key || '-'} dropped since ${since}; ${allowed}`;
      if (!summary || !makeSummary(rows, row, text)) batch.drop(row, disposition);
    }
    if (!summary) return;
    bucket.saidAt = at;
    bucket.since = at;
    bucket.cut = 0;
  };

  return {
    run(rows) {
      const { batch } = rows;
      for (let row = 0; row < batch.count; row++) {
        if (batch.disposition[row]! > DISPOSITION.alreadyStored || !matches(rows, row)) continue;
        const window = Math.floor(batch.receivedAt[row]! / every);
        const key = keyOf(rows, row, by);
        const bucket = buckets.of(key, window);
        if (bucket.window !== window) {
          bucket.window = window;
          bucket.count = 0;
        }
        if (++bucket.count > limit) cut(rows, row, key, bucket);
      }
    },
    memory: {
      save: (): Saved => ({ rule, buckets: buckets.entries() }),
      restore(saved) {
        const { rule: savedRule, buckets: entries } = saved as Saved;
        if (savedRule !== rule) return;
        buckets.restore(entries);
      },
    },
  };
};

function keyOf({ batch }: StageRows, row: number, by: RateLimitSettings['by']): string {
  if (by === 'source.ip') return batch.sources[batch.source[row]!]!.ip;
  return batch.text(row, SPAN.hostname) ?? '';
}

/** The buckets of all hosts, at most MAX_KEYS. */
class Buckets {
  readonly #buckets = new Map<string, Bucket>();
  /** Every bucket of an earlier window was deleted in this window: it holds nothing more to delete. */
  #sweptIn = -Infinity;

  of(key: string, window: number): Bucket {
    const known = this.#buckets.get(key);
    if (known) return known;
    if (this.#buckets.size >= MAX_KEYS) this.#sweep(window);
    if (this.#buckets.size >= MAX_KEYS && key !== OTHERS) return this.of(OTHERS, window);
    const made: Bucket = { window, count: 0, cut: 0, since: 0, saidAt: -SUMMARY_MS };
    this.#buckets.set(key, made);
    return made;
  }

  /** Deletes what ended with an earlier window. Once in a window: names beyond the limit must not each walk all buckets. */
  #sweep(window: number): void {
    if (window <= this.#sweptIn) return;
    this.#sweptIn = window;
    for (const [key, bucket] of this.#buckets) if (bucket.window < window) this.#buckets.delete(key);
  }

  entries(): [string, Bucket][] {
    return [...this.#buckets];
  }

  restore(entries: Saved['buckets']): void {
    this.#buckets.clear();
    this.#sweptIn = -Infinity;
    for (const [key, bucket] of entries) this.#buckets.set(key, { ...bucket });
  }
}

/** Turns a row into a summary line. @returns false if the arena has no room for its text */
function makeSummary(rows: StageRows, row: number, text: string): boolean {
  if (!rows.replace(row, SPAN.message, Buffer.from(text)) || !rows.replace(row, SPAN.appname, APPNAME)) return false;
  const { batch } = rows;
  for (const span of NOT_IN_SUMMARY) rows.remove(row, span);
  batch.priority[row] = PRIORITY;
  batch.flags[row] = 0;
  batch.originalLength[row] = 0;
  return true;
}
