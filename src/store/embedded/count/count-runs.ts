import type { Group, Grouping, Query } from '../../../model/query.ts';
import type { BlockSearch, GroupCounts } from '../../blocks/contract.ts';
import { compileSearch } from '../../blocks/index.ts';
import type { IdRange } from '../bounds.ts';
import type { PartFile } from '../files.ts';
import { Scan, type ScanSources } from '../scan.ts';
import { visitBlocks } from '../visit-blocks.ts';

/** A question to one part that several threads count; plain data, as one thread sends it to another. */
export type CountJob = {
  readonly file: PartFile;
  /** Newest first, side by side. */
  readonly runs: readonly IdRange[];
  readonly query: Query;
  readonly grouping: Grouping;
  /** The memory of the `RunQueue`. */
  readonly queue: SharedArrayBuffer;
};

/** What a thread counted, and the damage that it met. */
export type CountResult = {
  readonly groups: readonly Group[];
  readonly damage: readonly { readonly place: string; readonly reason: string }[];
};

/** A question prepared for the runs that one thread takes. */
export class RunCounter {
  readonly #job: CountJob;
  readonly #counts: GroupCounts;
  readonly #sources: ScanSources;
  readonly #search: BlockSearch;

  constructor(job: CountJob, counts: GroupCounts, sources: ScanSources) {
    this.#job = job;
    this.#counts = counts;
    this.#sources = { ...sources, isRun: true };
    this.#search = compileSearch(job.query);
  }

  /** Adds a run of blocks to the counts; yields after each turn of some milliseconds. */
  count(run: number): Generator<void, void> {
    const { file, runs, query } = this.#job;
    return visitBlocks(new Scan([file], runs[run]!, true, this.#sources), {
      query,
      search: this.#search,
      compile: (narrowed, from) => {
        const search = narrowed === query && from === undefined ? this.#search : compileSearch(narrowed, from);
        return (parts) => search.countInTurns(parts, this.#counts);
      },
    });
  }
}
