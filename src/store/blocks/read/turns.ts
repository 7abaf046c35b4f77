import type { BlockParts } from '../contract.ts';
import type { Block } from '../format/block.ts';
import type { BlockRanges } from '../format/summary.ts';
import type { Range } from './selector.ts';

/**
 * Bytes of messages below which a block is read in one turn, unless the filter is costly: those of a full block of
 * usual lines.
 */
const SMALL = 4 << 20;
/** Bytes of messages below which all messages of a block are made into objects in one turn. */
const FEW_BYTES = 64 << 10;
/** The cost of a filter below which it is cheap, see `Selector.cost`. */
const CHEAP = 100;
/** Bytes times cost of one turn: some milliseconds. */
const WORK = 10 << 20;
/** The fewest bytes worth a turn. */
const FEWEST = 64 << 10;
/** Bytes of messages that are made into objects in one turn. */
const OBJECT_BYTES = 64 << 10;

/** Whether a block is read in one turn. */
export function isSmall(ranges: BlockRanges, cost: number): boolean {
  return hasFewBytes(ranges) && cost < CHEAP;
}

/** Whether a block is read in one turn if the filter is cheap. */
export function hasFewBytes({ rawBytes }: BlockRanges): boolean {
  return rawBytes <= SMALL;
}

/** The places of a block, cut into ranges that a filter of this cost reads in some milliseconds each. */
export function* rangesOf(block: Block, cost: number): Generator<Range> {
  const { count } = block;
  const { rawBytes } = block.summary.ranges;
  const bytes = isSmall(block.summary.ranges, cost) ? Infinity : Math.max(FEWEST, WORK / Math.max(1, cost));
  const rows = Math.max(1, Math.floor(bytes / Math.max(1, rawBytes / count)));
  for (let from = 0; from < count; from += rows) yield { from, to: Math.min(count, from + rows) };
}

/** Whether a filter of this cost takes more than a turn on these rows. */
export function isTurn(block: Block, { from, to }: Range, cost: number): boolean {
  const { rawBytes } = block.summary.ranges;
  return ((to - from) / block.count) * rawBytes * cost > WORK;
}

/** Rows of a block that are made into objects in one turn. */
export function rowsPerTurn({ rawBytes, count }: BlockRanges): number {
  if (rawBytes <= FEW_BYTES) return Infinity;
  return Math.max(1, Math.floor(OBJECT_BYTES / Math.max(1, rawBytes / count)));
}

/**
 * The parts of a block, fetched now, for turns that come when the block may be gone. The texts of a
 * large one are in no cache, where they would only evict others.
 */
export function fetched(parts: BlockParts, { rawBytes }: BlockRanges): BlockParts {
  const { stream, summary, unpacked, unpackedTexts, ownText = false } = parts;
  const [tokens, columns, text] = [parts.tokens(), parts.columns(), parts.text()];
  const isCached = unpackedTexts !== undefined && rawBytes <= SMALL;
  return {
    stream,
    summary,
    tokens: () => tokens,
    columns: () => columns,
    text: () => text,
    ownText,
    ...(unpacked && { unpacked }),
    ...(isCached && { unpackedTexts }),
  };
}
