import { decodeId, type Position } from '../../../model/id.ts';
import type { Query } from '../../../model/query.ts';
import type { Block } from '../format/block.ts';
import { COLUMN } from '../format/format.ts';
import type { BlockRanges } from '../format/summary.ts';

/** How many of a block's rows lie within a query's bounds. */
export type Coverage = 'none' | 'some' | 'all';

/** The bounds of a query, prepared for blocks. */
export class QueryBounds {
  readonly #since: number;
  readonly #until: number;
  readonly #before: Position | undefined;
  readonly #after: ReadonlyMap<number, Position>;
  readonly #upTo: ReadonlyMap<number, Position>;
  readonly #from: Position | undefined;

  /** @param from no row below this id counts */
  constructor(query: Query, from?: string) {
    this.#from = from === undefined ? undefined : positionOf(from);
    this.#since = query.since ?? -Infinity;
    this.#until = query.until ?? Infinity;
    this.#before = query.before === undefined ? undefined : positionOf(query.before);
    this.#after = byNode(query.after);
    this.#upTo = byNode(query.upTo);
  }

  /** Decided by the first and last row alone; `some` if they do not decide. */
  coverage(ranges: BlockRanges): Coverage {
    const first = { receivedAt: ranges.firstAt, node: ranges.firstNode, sequence: ranges.firstSequence };
    const last = { receivedAt: ranges.lastAt, node: ranges.lastNode, sequence: ranges.lastSequence };
    if (ranges.lastAt < this.#since || ranges.firstAt >= this.#until) return 'none';
    if (this.#before && compare(first, this.#before) >= 0) return 'none';
    if (this.#from && compare(last, this.#from) < 0) return 'none';
    if (!ranges.oneNode)
      return this.#after.size + this.#upTo.size === 0 && this.#contains(first, last) ? 'all' : 'some';
    const after = this.#after.get(first.node);
    const upTo = this.#upTo.get(first.node);
    if ((after && compare(last, after) <= 0) || (upTo && compare(first, upTo) > 0)) return 'none';
    return this.#contains(first, last) ? 'all' : 'some';
  }

  /** Marks the rows within the bounds in `mask`, by place. */
  mark(block: Block, mask: Uint8Array): void {
    const { receivedAt, sequence, places, count } = block;
    const nodes = block.ids(COLUMN.node);
    for (let row = 0; row < count; row++) {
      const position = { receivedAt: receivedAt[row]!, node: nodes[row]!, sequence: sequence[row]! };
      mask[places[row]!] = this.#contains(position, position) ? 1 : 0;
    }
  }

  /** Whether all rows of one node from `first` to `last` are within the bounds. */
  #contains(first: Position, last: Position): boolean {
    const after = this.#after.get(first.node);
    const upTo = this.#upTo.get(last.node);
    return (
      first.receivedAt >= this.#since &&
      last.receivedAt < this.#until &&
      !(this.#before && compare(last, this.#before) >= 0) &&
      !(this.#from && compare(first, this.#from) < 0) &&
      !(after && compare(first, after) <= 0) &&
      !(upTo && compare(last, upTo) > 0)
    );
  }
}

function byNode(ids: readonly string[] | undefined): ReadonlyMap<number, Position> {
  return new Map((ids ?? []).map(positionOf).map((position) => [position.node, position]));
}

function positionOf(id: string): Position {
  const position = decodeId(id);
  if (!position) throw new RangeError(`cannot search from ${JSON.stringify(id)}: an id is 32 lower-case hex digits`);
  return position;
}

function compare(a: Position, b: Position): number {
  return a.receivedAt - b.receivedAt || a.node - b.node || a.sequence - b.sequence;
}
