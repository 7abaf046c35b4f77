import { type FieldCounts, fieldsOf } from '../../../model/fields.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Grouping, Query } from '../../../model/query.ts';
import { Block } from '../format/block.ts';
import { QueryBounds } from './bounds.ts';
import type { BlockParts, BlockSearch, GroupCounts, Turns } from '../contract.ts';
import { type CountRows, counter, countsMessages } from './count.ts';
import { guarded, guardedTurns } from '../format/format.ts';
import { NumberedCounts } from './group-counts.ts';
import { type BlockHints, pruner, usesTokens } from './pruning.ts';
import { selector } from './select.ts';
import { hasRows, type Range, type Selector } from './selector.ts';
import { BlockSummary } from '../format/summary.ts';
import { fetched, hasFewBytes, isSmall, rangesOf, rowsPerTurn } from './turns.ts';
import { StoredTokens } from '../format/token-filter.ts';

/** A query compiled for blocks; see `BlockSearch`. */
export class CompiledSearch implements BlockSearch {
  readonly #query: Query;
  readonly #bounds: QueryBounds;
  readonly #mayMatch: (hints: BlockHints) => boolean;
  readonly #usesTokens: boolean;
  readonly #selector: Selector;
  #counter: Counter | undefined;
  #summary: { bytes: Uint8Array; read: BlockSummary } | undefined;
  #tokens: { of: Uint8Array; read: StoredTokens } | undefined;

  constructor(query: Query, from?: string) {
    this.#query = query;
    this.#bounds = new QueryBounds(query, from);
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
    return [...this.findInTurns(parts, limit)].flat();
  }

  findInTurns(parts: BlockParts, limit: number): Generator<readonly LogMessage[], void> {
    return guardedTurns('its rows', this.#find(parts, limit));
  }

  *#find(parts: BlockParts, limit: number): Generator<readonly LogMessage[], void> {
    if (limit <= 0) return;
    const block = this.#open(parts, limit);
    try {
      const selected = yield* this.#select(block);
      if (selected) yield* this.#collect(block, selected, limit);
    } finally {
      // Also for an asker that takes no more.
      block.release();
    }
  }

  count(parts: BlockParts, into: GroupCounts): void {
    finish(this.countInTurns(parts, into));
  }

  countInTurns(parts: BlockParts, into: GroupCounts): Turns {
    if (this.#counter?.into !== into) {
      if (!(into instanceof NumberedCounts))
        throw new TypeError('cannot count: the counts were not made by createGroupCounts');
      this.#counter = { into, count: counter(into) };
    }
    return guardedTurns('its rows', this.#count(parts, this.#counter));
  }

  *#count(parts: BlockParts, { into, count }: Counter): Generator<readonly LogMessage[], void> {
    const block = this.#open(parts, countsMessages(into.grouping.by) ? Infinity : 0);
    const total = this.#total(block, into.grouping);
    if (total === undefined) {
      const selected = yield* this.#select(block);
      if (selected) yield* count(block, selected.mask);
    } else if (total > 0) into.add([], undefined, total);
    block.release();
  }

  /** The number of matching rows, if nothing is grouped and the filter can count them by itself. */
  #total(block: Block, { by, every }: Grouping): number | undefined {
    const { total } = this.#selector;
    if (by.length > 0 || every !== undefined || !total || !hasFewBytes(block.summary.ranges)) return undefined;
    return this.#bounds.coverage(block.summary.ranges) === 'all' ? total(block) : undefined;
  }

  /** In turns, adds the number of matching rows that have each field. */
  fieldsInTurns(parts: BlockParts, into: FieldCounts): Turns {
    return guardedTurns('its rows', this.#fields(parts, into));
  }

  *#fields(parts: BlockParts, into: FieldCounts): Generator<readonly LogMessage[], void> {
    const block = this.#open(parts, Infinity);
    const selected = yield* this.#select(block);
    const rows = rowsPerTurn(block.summary.ranges);
    for (let row = 0; selected && row < block.count; row++) {
      if (selected.mask?.[block.places[row]!] === 0) continue;
      into.addMessage(fieldsOf(block.message(row)));
      if (row % rows === rows - 1) yield NONE;
    }
    block.release();
  }

  /** The block, with all that turns need after the first. @param messages the most that are made of it */
  #open(parts: BlockParts, messages: number): Block {
    const summary = this.#summaryOf(parts);
    const tokens = this.#tokens?.of === parts.summary ? this.#tokens.read : undefined;
    const inOneTurn = isSmall(summary.ranges, this.#selector.cost) && messages <= rowsPerTurn(summary.ranges);
    return new Block(inOneTurn ? parts : fetched(parts, summary.ranges), { summary, tokens, inOneTurn });
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

  /** The matching rows; undefined if there are none. */
  *#select(block: Block): Generator<readonly LogMessage[], Selected | undefined> {
    const share = this.#bounds.coverage(block.summary.ranges);
    if (share === 'none') return undefined;
    if (share === 'all' && this.#query.filter.kind === 'all') return { mask: undefined };
    const mask = new Uint8Array(block.count).fill(1);
    if (share === 'some') this.#bounds.mark(block, mask);
    const { cost } = this.#selector;
    for (const range of rangesOf(block, cost)) {
      const isWhole = range.to - range.from === block.count;
      if (range.from > 0) yield NONE;
      const part = isWhole ? mask : withinRange(mask, range);
      if (hasRows(part)) yield* this.#applySelector(block, part, range);
      if (!isWhole) mask.set(part.subarray(range.from, range.to), range.from);
    }
    return hasRows(mask) ? { mask } : undefined;
  }

  /** Applies the filter; if it is costly, in turns. */
  *#applySelector(block: Block, mask: Uint8Array, range: Range): Generator<readonly LogMessage[], void> {
    const selector = this.#selector;
    if (!selector.applyInTurns || isSmall(block.summary.ranges, selector.cost)) selector.apply(block, mask, range);
    else for (const _ of selector.applyInTurns(block, mask, range)) yield NONE;
  }

  *#collect(block: Block, { mask }: Selected, limit: number): Generator<readonly LogMessage[], void> {
    const rows = rowsOf(block, mask, this.#query.order === 'newest' ? -1 : 1, limit);
    if (rows.length < block.count / 2) block.texts.prepare(placesOf(block, rows));
    const most = rowsPerTurn(block.summary.ranges);
    for (let from = 0; from < rows.length; from += most) {
      yield rows.slice(from, from + most).map((row) => block.message(row));
    }
  }
}

/** So many rows of a block are looked up one by one, without going through all. */
const FEW = 8;

/** The rows of a mask in ascending or descending order, at most `limit`. */
function rowsOf(block: Block, mask: Uint8Array | undefined, step: 1 | -1, limit: number): number[] {
  const { places, count } = block;
  const few = mask && fewPlaces(mask);
  if (few) {
    const found = few.map((place) => places.indexOf(place));
    return found.sort((a, b) => (a - b) * step).slice(0, limit);
  }
  const rows: number[] = [];
  for (let row = step > 0 ? 0 : count - 1; row >= 0 && row < count && rows.length < limit; row += step) {
    if (!mask || mask[places[row]!] === 1) rows.push(row);
  }
  return rows;
}

/** The places in a mask, if they are so few that looking up the row of each is faster than going through all rows. */
function fewPlaces(mask: Uint8Array): number[] | undefined {
  const found: number[] = [];
  for (let place = mask.indexOf(1); place >= 0; place = mask.indexOf(1, place + 1)) {
    if (found.push(place) > FEW) return undefined;
  }
  return found;
}

function placesOf(block: Block, rows: readonly number[]): Uint8Array {
  const mask = new Uint8Array(block.count);
  for (const row of rows) mask[block.places[row]!] = 1;
  return mask;
}

/** What a turn found that only selects or counts. */
const NONE: readonly LogMessage[] = [];

/** Matching rows by place; without a mask, all rows match. */
type Selected = { readonly mask: Uint8Array | undefined };
type Counter = { readonly into: NumberedCounts; readonly count: CountRows };

function withinRange(mask: Uint8Array, { from, to }: Range): Uint8Array {
  const part = new Uint8Array(mask.length);
  part.set(mask.subarray(from, to), from);
  return part;
}

function finish(turns: Turns): void {
  while (!turns.next().done);
}
