import { neverAborted } from '../../../base/abort.ts';
import type { Grouping, Query } from '../../../model/query.ts';
import type { GroupCounts } from '../../blocks/contract.ts';
import type { IdRange } from '../bounds.ts';
import { type CountJob, RunCounter } from './count-runs.ts';
import type { PartFile } from '../files.ts';
import { MOST_RUNS, RunQueue } from './run-queue.ts';
import type { ScanSources } from '../scan.ts';
import type { Help, ScanThreads } from './scan-threads.ts';
import { Yielder } from '../yielder.ts';

/** Messages of a run, about: some milliseconds of work. */
const RUN_ROWS = 1 << 14;
/** ms of work after which other threads are asked to help. */
const WORTH_MS = 15;

/** What to count in a part of a stream. */
export type CountShare = { readonly file: PartFile; readonly bounds: IdRange; readonly query: Query };

/** Where the counts go, what they are read from, and when the question came (`performance.now()`). */
type CountTo = {
  readonly counts: GroupCounts;
  readonly sources: ScanSources;
  readonly threads: ScanThreads;
  readonly since: number;
};

/** Counts one part in runs of blocks, with the help of other threads if it takes long. */
export class Counting {
  readonly #job: CountJob;
  readonly #queue: RunQueue;
  readonly #to: CountTo;
  readonly #counter: RunCounter;
  readonly #yielder = new Yielder();

  constructor({ file, bounds, query }: CountShare, grouping: Grouping, to: CountTo) {
    const runs = runsOf(file, bounds, to.sources);
    this.#queue = new RunQueue(runs.length);
    this.#job = { file, runs, query, grouping, queue: this.#queue.memory };
    this.#to = to;
    this.#counter = new RunCounter(this.#job, to.counts, to.sources);
  }

  /** Resolves once all is counted, or as soon as the counts are full. @throws if the signal is aborted */
  async run(signal: AbortSignal): Promise<void> {
    let helps: Help[] | undefined;
    try {
      for (let run = this.#queue.takeFirst(); run !== undefined; run = this.#queue.takeFirst()) {
        await this.#count(run, signal);
        const isWorth = performance.now() - this.#to.since > WORTH_MS && this.#queue.left > 1;
        // Groups that alone count are few: the rest of an alert's question is soon counted.
        if (!helps && isWorth && !this.#job.grouping.only) helps = this.#to.threads.help(this.#job);
      }
      for (const help of helps ?? []) await this.#take(help, signal);
    } catch (error) {
      this.#queue.stop();
      throw error;
    }
  }

  async #count(run: number, signal: AbortSignal): Promise<void> {
    for (const _ of this.#counter.count(run)) {
      if (this.#to.counts.full) this.#queue.stop();
      if (this.#queue.stopped) return;
      if (this.#yielder.due()) await this.#yielder.yield();
      signal.throwIfAborted();
    }
  }

  /** Adds what a thread counted. If it failed, its runs are counted here. */
  async #take({ taker, result }: Help, signal: AbortSignal): Promise<void> {
    const taken = this.#queue.takenBy(taker);
    // A thread that took nothing may not even have begun.
    if (taken.length === 0) return;
    const counted = await untilAborted(result, signal);
    for (const { place, reason } of counted?.damage ?? [])
      this.#to.sources.handles.damage.report(place, new Error(reason));
    for (const { values, at, count } of counted?.groups ?? []) this.#to.counts.add(values, at, count);
    if (!counted) for (const run of taken) await this.#count(run, signal);
  }
}

/** The bounds cut at the first id of each so many blocks, newest first. */
function runsOf(file: PartFile, { low, high }: IdRange, { handles }: ScanSources): IdRange[] {
  const spans = handles.askSafely(file, (part) => part.spans(low, high, false, Number.MAX_SAFE_INTEGER)) ?? [];
  const blocks = Math.ceil(spans.length / MOST_RUNS);
  const cuts: string[] = [];
  let rows = 0;
  for (const [index, { first, count }] of spans.entries()) {
    if (rows >= RUN_ROWS && index % blocks === 0 && first > low && first < high) {
      cuts.push(first);
      rows = 0;
    }
    rows += count;
  }
  return [low, ...cuts].map((from, index) => ({ low: from, high: cuts[index] ?? high })).reverse();
}

async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  if (signal === neverAborted()) return await promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
