import { releaseMemory } from '../../base/memory.ts';
import type { MessageBatch } from '../../model/batch.ts';
import type { Grouping, Query } from '../../model/query.ts';
import { Block } from './format/block.ts';
import { ByteReader } from './format/bytes.ts';
import type { BlockParts, BlockSearch, EncodedBlock, GroupCounts, Turns } from './contract.ts';
import type { FieldCounts } from '../../model/field-counts.ts';
import { BlockEncoder } from './write/encode.ts';
import { COLUMN, HEADER_BYTES, MAX_ROWS, MAX_TEXT_BYTES, TEXTS } from './format/format.ts';
import { NumberedCounts } from './read/group-counts.ts';
import type { BlockRows } from './write/layout.ts';
import { partsOf, rowsOf } from './write/merge.ts';
import { CompiledSearch } from './read/search.ts';

export { mergeOverlapping } from './write/merge-overlapping.ts';
export { cutRows } from './write/cut-rows.ts';
export { MAX_ROWS, MAX_TEXT_BYTES, partsOf };

/** zstd level for blocks on the hot path. */
const ENCODE_LEVEL = 1;
/** zstd level for merged blocks: a twelfth shorter than level 1; only quiet streams are merged. */
const MERGE_LEVEL = 6;

/** An encoder that holds more bytes than this is not kept for the next block. */
const LARGE = 64 << 20;

let encoder: BlockEncoder | undefined;

/**
 * Encodes rows of a batch that share a stream; `rows` are their numbers in ascending order of id.
 * @throws RangeError for no rows or more than `MAX_ROWS`
 */
export function encodeBlock(batch: MessageBatch, rows: Uint32Array, level = ENCODE_LEVEL): EncodedBlock {
  return encodeRows({ batch, rows }, level);
}

/**
 * Merges neighbouring blocks of one stream, oldest first, into one; unpacks all their text at once.
 * @throws RangeError beyond `MAX_ROWS`, and an Error "damaged block: …"
 */
export function mergeBlocks(blocks: readonly EncodedBlock[], level = MERGE_LEVEL): EncodedBlock {
  const rows = rowsOf(blocks);
  const merged = encodeRows(rows, level);
  releaseMemory(rows.batch.arena);
  return merged;
}

function encodeRows(rows: BlockRows, level: number): EncodedBlock {
  const used = encoder ?? new BlockEncoder();
  encoder = undefined;
  const block = used.encode(rows, level);
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
