import type { MessageBatch } from '../../model/batch.ts';
import type { Grouping, Query } from '../../model/query.ts';
import { Block } from './format/block.ts';
import { ByteReader } from './format/bytes.ts';
import type { BlockParts, BlockSearch, EncodedBlock, GroupCounts, Turns } from './contract.ts';
import type { FieldCounts } from '../../model/fields.ts';
import { BlockEncoder, type EncodeOptions } from './write/encode.ts';
import { COLUMN, HEADER_BYTES, MAX_ROWS, MAX_TEXT_BYTES, TEXTS } from './format/format.ts';
import { NumberedCounts } from './read/group-counts.ts';
import type { BlockRows } from './write/layout.ts';
import { partsOf, rowsOf } from './write/merge.ts';
import { sameRows } from './read/same-rows.ts';
import { CompiledSearch } from './read/search.ts';

export { mergeOverlapping } from './write/merge-overlapping.ts';
export { cutRows } from './write/cut-rows.ts';
export { MAX_ROWS, MAX_TEXT_BYTES, partsOf };

/** For blocks on the hot path. */
const ENCODING = { level: 1, templates: false };
/** For merged blocks: level 6 is a twelfth shorter than level 1; only quiet streams are merged. */
const MERGING = { level: 6, templates: true };

/** For merged blocks that will soon be merged again. */
const PASSING = { level: 1, templates: false };

/** An encoder that holds more bytes than this is not kept for the next block. */
const LARGE = 64 << 20;

let encoder: BlockEncoder | undefined;

/**
 * Encodes rows of a batch that share a stream; `rows` are their numbers in ascending order of id.
 * @throws RangeError for no rows or more than `MAX_ROWS`
 */
export function encodeBlock(batch: MessageBatch, rows: Uint32Array, options: EncodeOptions = ENCODING): EncodedBlock {
  return encodeRows({ batch, rows }, options);
}

/**
 * Merges neighbouring blocks of one stream, oldest first, into one; unpacks all their text at once. The merged block
 * replaces the only copy of its messages, so it is read back: a fault in writing or reading it must not cost any.
 * @param isFinal false if the block will soon be merged again: then it is written faster, and longer
 * @throws RangeError beyond `MAX_ROWS`, an Error "damaged block: …", and an Error if the block does not read back
 */
export function mergeBlocks(blocks: readonly EncodedBlock[], isFinal = true): EncodedBlock {
  const rows = rowsOf(blocks);
  const merged = encodeRows(rows, isFinal ? MERGING : PASSING);
  const again = rowsOf([merged]);
  const isSame = sameRows(rows, again);
  rows.batch.release();
  again.batch.release();
  if (!isSame) throw new Error('merged, they do not read back as they were; they stay as they are');
  return merged;
}

function encodeRows(rows: BlockRows, options: EncodeOptions): EncodedBlock {
  const used = encoder ?? new BlockEncoder();
  encoder = undefined;
  const block = used.encode(rows, options);
  if (used.size <= LARGE) encoder = used;
  return block;
}

/** Bytes at the start of a block's text that tell how long it is once unpacked. */
export const TEXT_HEAD = HEADER_BYTES + TEXTS * 8;

/** Bytes of all texts of a block once unpacked, from the first `TEXT_HEAD` bytes of its text. */
export function textBytes(head: Uint8Array): number {
  const reader = new ByteReader(Buffer.from(head.buffer, head.byteOffset, head.byteLength));
  reader.take(HEADER_BYTES);
  let bytes = 0;
  for (let text = 0; text < TEXTS; text++) bytes += reader.varint();
  return bytes;
}

/**
 * Compiles a query for blocks; no row below the id `from` counts. @throws PatternError for a pattern
 * that is not RE2 syntax
 */
export function compileSearch(query: Query, from?: string): BlockSearch {
  return new CompiledSearch(query, from);
}

/** Empty counts for `BlockSearch.count`. */
export function createGroupCounts(grouping: Grouping): GroupCounts {
  return new NumberedCounts(grouping);
}

/** A counter of the fields of matching messages, block by block in turns. */
export function compileFieldCounts(query: Query): (parts: BlockParts, into: FieldCounts) => Turns {
  const search = new CompiledSearch(query);
  return (parts, into) => search.fieldsInTurns(parts, into);
}

/** A run of consecutive sequences of one node, both ends included. */
export type SequenceRun = { readonly node: number; readonly first: number; readonly last: number };

/** The sequences of a block's rows as runs, read from the columns alone. */
export function sequencesOf(parts: BlockParts): SequenceRun[] {
  const block = new Block(parts);
  const { sequence } = block;
  const nodes = block.ids(COLUMN.node);
  const runs: { node: number; first: number; last: number }[] = [];
  for (let row = 0; row < block.count; row++) {
    const run = runs.at(-1);
    if (run && run.node === nodes[row] && run.last + 1 === sequence[row]) run.last++;
    else runs.push({ node: nodes[row]!, first: sequence[row]!, last: sequence[row]! });
  }
  return runs;
}
