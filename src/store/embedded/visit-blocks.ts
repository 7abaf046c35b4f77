import type { Query } from '../../model/query.ts';
import type { BlockParts, BlockSearch, Turns } from '../blocks/contract.ts';
import type { IdRange } from './bounds.ts';
import type { Scan } from './scan.ts';

/** Adds one block to the answer of a question, in turns unless it does so at once. */
export type ReadBlock = (parts: BlockParts) => Turns | undefined;

/** A question to blocks. `compile` prepares it for blocks whose rows count from the id `from` on. */
export type Visited = {
  readonly query: Query;
  readonly search: BlockSearch;
  readonly compile: (query: Query, from?: string) => ReadBlock;
};

/** Reads the blocks of a scan, newest first; yields after each turn of some milliseconds. */
export function* visitBlocks(scan: Scan, { query, search, compile }: Visited): Generator<void, void> {
  const read = compile(query);
  while (scan.peek()) {
    let next: (() => boolean) | undefined;
    scan.visit(({ parts, straddles, atOnce, attempt }) => {
      if (!search.canHold(parts)) return;
      const fitting = straddles ? compileRest({ query, compile }, scan.bounds) : read;
      atOnce(() => {
        const turns = fitting(parts);
        if (turns && !turns.next().done) next = nextTurn(turns, attempt);
      });
    });
    yield;
    while (next?.()) yield;
  }
}

/** For a block with rows outside of the bounds, which others read or have read. */
function compileRest({ query, compile }: Pick<Visited, 'query' | 'compile'>, { low, high }: IdRange): ReadBlock {
  return compile(isId(high) ? { ...query, before: high } : query, isId(low) ? low : undefined);
}

/** Bounds may lie just above an id, or above all. */
function isId(bound: string): boolean {
  return bound.length === 32;
}

/** A function that takes the next turn; @returns whether there is another one. */
function nextTurn(turns: Turns, attempt: (work: () => void) => void): () => boolean {
  return () => {
    let more = false;
    attempt(() => {
      more = !turns.next().done;
    });
    return more;
  };
}
