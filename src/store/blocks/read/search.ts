import { fieldsOf } from '../../../model/fields.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Grouping, Query } from '../../../model/query.ts';
import { Block } from '../format/block.ts';
import { QueryBounds } from './bounds.ts';
import type { BlockParts, BlockSearch, GroupCounts } from '../contract.ts';
import { type CountRows, counter } from './count.ts';
import { guarded } from '../format/format.ts';
import { NumberedCounts } from './group-counts.ts';
import { type BlockHints, pruner, usesTokens } from './pruning.ts';
import { selector } from './select.ts';
import { hasRows, type Selector } from './selector.ts';
import { BlockSummary } from '../format/summary.ts';
import { StoredTokens } from '../format/token-filter.ts';

/** A query compiled for blocks; see `BlockSearch`. */
export class CompiledSearch implements BlockSearch {
  readonly #query: Query;
  readonly #bounds: QueryBounds;
  readonly #mayMatch: (hints: BlockHints) => boolean;
  readonly #usesTokens: boolean;
  readonly #selector: Selector;
  #counter: { into: NumberedCounts; count: CountRows } | undefined;
  #summary: { bytes: Uint8Array; read: BlockSummary } | undefined;
  #tokens: { of: Uint8Array; read: StoredTokens } | undefined;

  constructor(query: Query) {
    this.#query = query;
    this.#bounds = new QueryBounds(query);
    this.#mayMatch = pruner(query.filter);
    this.#usesTokens = usesTokens(query.filter);
    this.#selector = selector(query.filter);
  }

  canHold(parts: BlockParts): boolean {
    return guarded('the summary or the token filter', () => {
      const summary = this.#summaryOf(parts);
      if (this.#bounds.coverage(summary.ranges) === 'none') return false;
      const { stream } = parts;
      if (!this.#mayMatch({ summary, stream, tokens: undefined })) return false;
      return !this.#usesTokens || this.#mayMatch({ summary, stream, tokens: this.#tokensOf(parts) });
    });
  }

  find(parts: BlockParts, limit: number): LogMessage[] {
    if (limit <= 0) return [];
    return this.#onMatching(parts, (block) => this.#collect(block, limit)) ?? [];
  }

  count(parts: BlockParts, into: GroupCounts): void {
    if (this.#counter?.into !== into) {
      if (!(into instanceof NumberedCounts))
        throw new TypeError('cannot count: the counts were not made by createGroupCounts');
      this.#counter = { into, count: counter(into) };
    }
    const { count } = this.#counter;
    const total = this.#total(parts, this.#counter.into.grouping);
    if (total === undefined) this.#onMatching(parts, (block) => count(block, this.#mask));
    else if (total > 0) into.add([], undefined, total);
  }

  /** The number of matching rows, if nothing is grouped and the filter can count them by itself. */
  #total(parts: BlockParts, { by, every }: Grouping): number | undefined {
    const { total } = this.#selector;
    if (by.length > 0 || every !== undefined || !total) return undefined;
    return guarded('its rows', () => {
      const summary = this.#summaryOf(parts);
      return this.#bounds.coverage(summary.ranges) === 'all' ? total(this.#blockOf(parts)) : undefined;
    });
  }

  /** Adds to `into`, for each field name, the number of matching rows that have the field. */
  fields(parts: BlockParts, into: Map<string, number>): void {
    this.#onMatching(parts, (block) => {
      for (let row = 0; row < block.count; row++) {
        if (this.#mask?.[block.places[row]!] === 0) continue;
        for (const name of fieldsOf(block.message(row))) into.set(name, (into.get(name) ?? 0) + 1);
      }
    });
  }

  /** Matching rows by place, set by `#select`; undefined if all match. */
  #mask: Uint8Array | undefined;

  /** Anything that reading rows throws is damage. */
  #onMatching<T>(parts: BlockParts, use: (block: Block) => T): T | undefined {
    return guarded('its rows', () => {
      const block = this.#blockOf(parts);
      return this.#select(block) ? use(block) : undefined;
    });
  }

  /** Kept for one block, because `find` and `count` follow `canHold` on the same block. */
  #summaryOf(parts: BlockParts): BlockSummary {
    const bytes = parts.summary;
    if (this.#summary?.bytes !== bytes) this.#summary = { bytes, read: new BlockSummary(bytes) };
    return this.#summary.read;
  }

  /** Kept for one block, as its summary is. */
  #tokensOf(parts: BlockParts): StoredTokens {
    const of = parts.summary;
    if (this.#tokens?.of !== of) this.#tokens = { of, read: new StoredTokens(parts.tokens()) };
    return this.#tokens.read;
  }

  #blockOf(parts: BlockParts): Block {
    const summary = this.#summaryOf(parts);
    return new Block(parts, summary, this.#tokens?.of === parts.summary ? this.#tokens.read : undefined);
  }

  #select(block: Block): boolean {
    this.#mask = undefined;
    const share = this.#bounds.coverage(block.summary.ranges);
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
