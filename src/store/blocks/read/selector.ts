import type { Block } from '../format/block.ts';

/**
 * Part of a filter, prepared for blocks: `apply` clears the rows that do not match in a mask by
 * place. Outside the range of places, the mask is 0 and stays so.
 */
export type Selector = {
  /** Rough cost for a block, by how much must be unpacked: the cheap parts of an `and` run first. */
  readonly cost: number;
  apply(block: Block, mask: Uint8Array, range: Range): void;
  /** The same, with a pause after every few terms: hundreds of them take long even on one row. */
  applyInTurns?(block: Block, mask: Uint8Array, range: Range): Generator<void>;
  /** The number of matching rows of a whole block, if it can be counted without locating each row. */
  readonly total?: (block: Block) => number | undefined;
};

/** The places from `from` to below `to`. */
export type Range = { readonly from: number; readonly to: number };

/** Whether a mask has any row left. */
export function hasRows(mask: Uint8Array): boolean {
  return mask.includes(1);
}
