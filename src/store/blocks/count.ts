import { valueReader } from '../../model/fields.ts';
import { bucketOf, groupReader } from '../../model/grouping.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Grouping } from '../../model/query.ts';
import { axisOf, type Axis } from './axis.ts';
import type { Block } from './block.ts';
import type { GroupCounts } from './contract.ts';

type Value = string | number | null;
/** A field's different values in a block, and which of them each place has. */
type Classes = { readonly values: readonly (readonly Value[])[]; readonly ids: Uint16Array };

/** Combinations of values that are counted in an array; beyond, each row is counted for itself. */
const MAX_CELLS = 1 << 20;

/** Adds the rows of a block that a mask (by place; undefined: all) holds to the counts. */
export type Counter = (block: Block, mask: Uint8Array | undefined, into: GroupCounts) => void;

/** A counter for one grouping: by columns alone where they hold all fields, else message by message. */
export function counter(grouping: Grouping): Counter {
  const { by, every } = grouping;
  const axes = by.map((field) => ({ axis: axisOf(field), read: valueReader(field) }));
  const byMessage = messageCounter(grouping);
  if (axes.some(({ axis }) => !axis)) return byMessage;
  return (block, mask, into) => {
    const classes = axes.map(({ axis, read }) => classesOf(axis!(block), read));
    const cells = classes.reduce((product, { values }) => product * values.length, 1);
    if (cells > MAX_CELLS) byMessage(block, mask, into);
    else if (every === undefined)
      emit(into, classes, undefined, tally(block, mask, { classes, cells, from: 0, to: block.count }));
    else countBuckets(block, mask, { classes, cells, every, into });
  };
}

function messageCounter({ by, every }: Grouping): Counter {
  const read = groupReader(by);
  return (block, mask, into) => {
    for (let row = 0; row < block.count; row++) {
      if (mask?.[block.places[row]!] === 0) continue;
      const at = every === undefined ? undefined : bucketOf(block.receivedAt[row]!, every);
      for (const values of read(block.message(row))) into.add(values, at, 1);
    }
  };
}

/** Values that several entries of an axis share become one class. */
function classesOf(axis: Axis, read: (message: LogMessage) => readonly (string | number)[]): Classes {
  const known = new Map<string, number>();
  const values: (readonly Value[])[] = [];
  const classOf = Uint16Array.from(axis.probes, (probe) => {
    const found = [...new Set<Value>(read(probe as LogMessage))];
    const key = found.map((value) => `${typeof value}${value}`).join('\0');
    const known_ = known.get(key);
    if (known_ !== undefined) return known_;
    known.set(key, values.length);
    return values.push(found.length === 0 ? [null] : found) - 1;
  });
  return { values, ids: axis.ids.map((id) => classOf[id]!) };
}

/** Rows arrive in order of time, so a bucket is a run of rows. */
function countBuckets(
  block: Block,
  mask: Uint8Array | undefined,
  of: { classes: readonly Classes[]; cells: number; every: number; into: GroupCounts },
): void {
  const { receivedAt, count } = block;
  for (let from = 0; from < count; ) {
    const at = bucketOf(receivedAt[from]!, of.every);
    let to = from + 1;
    while (to < count && receivedAt[to]! < at + of.every) to++;
    emit(of.into, of.classes, at, tally(block, mask, { classes: of.classes, cells: of.cells, from, to }));
    from = to;
  }
}

/** How many rows each combination of classes has; the first field's class varies slowest. */
function tally(
  block: Block,
  mask: Uint8Array | undefined,
  of: { classes: readonly Classes[]; cells: number; from: number; to: number },
): Uint32Array {
  const { places } = block;
  const cells = new Uint32Array(of.cells);
  const [first, second, ...rest] = of.classes;
  for (let row = of.from; row < of.to; row++) {
    const place = places[row]!;
    if (mask !== undefined && mask[place] === 0) continue;
    let cell = first ? first.ids[place]! : 0;
    if (second) cell = cell * second.values.length + second.ids[place]!;
    if (rest.length > 0) for (const { ids, values } of rest) cell = cell * values.length + ids[place]!;
    cells[cell]!++;
  }
  return cells;
}

function emit(into: GroupCounts, classes: readonly Classes[], at: number | undefined, cells: Uint32Array): void {
  for (let cell = 0; cell < cells.length; cell++) {
    if (cells[cell] === 0) continue;
    let groups: Value[][] = [[]];
    let rest = cell;
    for (const { values } of classes.toReversed()) {
      const choices = values[rest % values.length]!;
      rest = Math.floor(rest / values.length);
      groups = groups.flatMap((group) => choices.map((value) => [value, ...group]));
    }
    for (const group of groups) into.add(group, at, cells[cell]!);
  }
}
