import { fieldsOf } from '../../../model/fields.ts';
import type { Filter } from '../../../model/filter.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Grouping, Query } from '../../../model/query.ts';
import { Block } from '../format/block.ts';
import { Bounds } from './bounds.ts';
import type { BlockParts, BlockSearch, GroupCounts } from '../contract.ts';
import { type Counter, counter } from './count.ts';
import { guarded } from '../format/format.ts';
import { Counts } from './group-counts.ts';
import { type BlockHints, termPruner, requiredTokens } from './terms.ts';
import { hasRows, type Selector, selector } from './select.ts';
import { Summary } from '../format/summary.ts';
import { StoredTokens } from '../format/token-filter.ts';

/** A query for blocks; see `BlockSearch`. */
export class CompiledSearch implements BlockSearch {
  readonly #query: Query;
  readonly #bounds: Bounds;
  readonly #glance: (glance: BlockHints) => boolean;
  readonly #asksTokens: boolean;
  readonly #selector: Selector;
  #counter: { of: Counts; count: Counter } | undefined;
  #summary: { bytes: Uint8Array; read: Summary } | undefined;

  constructor(query: Query) {
    this.#query = query;
    this.#bounds = new Bounds(query);
    this.#glance = pruner(query.filter);
    this.#asksTokens = asksTokens(query.filter);
    this.#selector = selector(query.filter);
  }

  canHold(parts: BlockParts): boolean {
    return guarded('a look at it', () => {
      const summary = this.#summaryOf(parts);
      if (this.#bounds.share(summary.ranges) === 'none') return false;
      const { stream } = parts;
      if (!this.#glance({ summary, stream, tokens: undefined })) return false;
      return !this.#asksTokens || this.#glance({ summary, stream, tokens: new StoredTokens(parts.tokens()) });
    });
  }

  find(parts: BlockParts, limit: number): LogMessage[] {
    if (limit <= 0) return [];
    return this.#onMatching(parts, (block) => this.#collect(block, limit)) ?? [];
  }

  count(parts: BlockParts, into: GroupCounts): void {
    if (this.#counter?.of !== into) {
      if (!(into instanceof Counts)) throw new TypeError('cannot count: the counts are not those of createGroupCounts');
      this.#counter = { of: into, count: counter(into) };
    }
    const { count } = this.#counter;
    const total = this.#total(parts, this.#counter.of.grouping);
    if (total === undefined) this.#onMatching(parts, (block) => count(block, this.#mask));
    else if (total > 0) into.add([], undefined, total);
  }

  /** How many rows match, where nothing else is asked and the filter can tell that by itself. */
  #total(parts: BlockParts, { by, every }: Grouping): number | undefined {
    const { total } = this.#selector;
    if (by.length > 0 || every !== undefined || !total) return undefined;
    return guarded('its rows', () => {
      const summary = this.#summaryOf(parts);
      return this.#bounds.share(summary.ranges) === 'all' ? total(new Block(parts, summary)) : undefined;
    });
  }

  /** Adds to `into`, under each name of a field, how many matching rows hold something there. */
  fields(parts: BlockParts, into: Map<string, number>): void {
    this.#onMatching(parts, (block) => {
      for (let row = 0; row < block.count; row++) {
        if (this.#mask?.[block.places[row]!] === 0) continue;
        for (const name of fieldsOf(block.message(row))) into.set(name, (into.get(name) ?? 0) + 1);
      }
    });
  }

  /** By place the rows that match, set by `#select`; undefined for all. */
  #mask: Uint8Array | undefined;

  /** Whatever reading rows throws is damage. */
  #onMatching<T>(parts: BlockParts, use: (block: Block) => T): T | undefined {
    return guarded('its rows', () => {
      const block = new Block(parts, this.#summaryOf(parts));
      return this.#select(block) ? use(block) : undefined;
    });
  }

  /** `find` and `count` follow `canHold` on the same block. */
  #summaryOf(parts: BlockParts): Summary {
    const bytes = parts.summary;
    if (this.#summary?.bytes !== bytes) this.#summary = { bytes, read: new Summary(bytes) };
    return this.#summary.read;
  }

  #select(block: Block): boolean {
    this.#mask = undefined;
    const share = this.#bounds.share(block.summary.ranges);
    if (share === 'none') return false;
    if (share === 'all' && this.#query.filter.kind === 'all') return true;
    const mask = new Uint8Array(block.count).fill(1);
    if (share === 'some') this.#bounds.mark(block, mask);
    if (hasRows(mask)) this.#selector.apply(block, mask);
    this.#mask = mask;
    return hasRows(mask);
  }

  #collect(block: Block, limit: number): LogMessage[] {
    const found: LogMessage[] = [];
    const newest = this.#query.order === 'newest';
    for (let i = 0; i < block.count && found.length < limit; i++) {
      const row = newest ? block.count - 1 - i : i;
      if (this.#mask?.[block.places[row]!] !== 0) found.push(block.message(row));
    }
    return found;
  }
}

/** False where no row can match. What is not so of one row may be of another: `not` rules nothing out. */
function pruner(filter: Filter): (glance: BlockHints) => boolean {
  switch (filter.kind) {
    case 'all':
      return () => true;
    case 'not':
      return filter.of.kind === 'all' ? () => false : () => true;
    case 'and': {
      const all = filter.of.map(pruner);
      return (glance) => all.every((each) => each(glance));
    }
    case 'or': {
      const any = filter.of.map(pruner);
      return (glance) => any.some((each) => each(glance));
    }
    default:
      return termPruner(filter);
  }
}

function asksTokens(filter: Filter): boolean {
  switch (filter.kind) {
    case 'all':
    case 'not':
      return false;
    case 'and':
    case 'or':
      return filter.of.some(asksTokens);
    default:
      return filter.field === 'message' && requiredTokens(filter).length > 0;
  }
}
