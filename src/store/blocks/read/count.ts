import { valueReader } from '../../../model/fields.ts';
import { bucketOf, groupReader } from '../../../model/grouping.ts';
import type { LogMessage } from '../../../model/message.ts';
import { valueColumnOf, type Probe } from './value-column.ts';
import type { Block } from '../format/block.ts';
import type { Counts, GroupValue } from './group-counts.ts';

/** A field's different values in a block, by their numbers in the counts, and which of them each place (or row) has. */
type Classes = {
  readonly numbers: readonly (readonly number[])[];
  /** Id → class: which of `numbers` it has. */
  readonly classOf: Uint16Array;
  readonly ids: Uint16Array;
};
/** Rows of a block from one to another. */
type Run = { readonly from: number; readonly to: number; readonly at: number | undefined };

/** Combinations of values that are counted in an array; beyond, each row is looked up for itself. */
const MAX_CELLS = 1 << 15;

/** Adds the rows of a block that a mask (by place; undefined: all) holds to the counts. */
export type Counter = (block: Block, mask: Uint8Array | undefined) => void;

/** A counter for one question: by columns alone where they hold all fields, else message by message. */
export function counter(into: Counts): Counter {
  const { by, every } = into.grouping;
  const axes = by.flatMap((field, index) => {
    const axis = valueColumnOf(field);
    return axis ? [{ axis, read: valueReader(field), index }] : [];
  });
  if (axes.length < by.length) return messageCounter(into);
  return (block, mask) => {
    const found = axes.map(({ axis }) => axis(block));
    // Where rows have their values at hand, and all of them count, nobody needs to know their places.
    const byRow = mask === undefined && found.every(({ rowIds }) => rowIds);
    const classes = found.map(({ probes, ids, rowIds }, field) => {
      const { read, index } = axes[field]!;
      return classesOf(probes, (byRow && rowIds ? rowIds : ids)(), {
        read,
        numberOf: (value) => into.numberOf(index, value),
      });
    });
    const places = byRow || every === undefined ? undefined : block.places;
    const cells = classes.reduce((product, { numbers }) => product * numbers.length, 1);
    for (const run of runsOf(block, every)) {
      if (cells > MAX_CELLS) addRows(places, mask, { classes, run, into });
      else addCells(tally(places, mask, { classes, cells, run }), { classes, run, into });
    }
  };
}

function messageCounter(into: Counts): Counter {
  const { by, every } = into.grouping;
  const read = groupReader(by);
  return (block, mask) => {
    for (let row = 0; row < block.count; row++) {
      if (mask?.[block.places[row]!] === 0) continue;
      const at = every === undefined ? undefined : bucketOf(block.receivedAt[row]!, every);
      for (const values of read(block.message(row))) into.add(values, at, 1);
    }
  };
}

/** Entries of an axis that share their values become one class. */
function classesOf(
  probes: readonly Probe[],
  ids: Uint16Array,
  of: {
    read: (message: LogMessage) => readonly (string | number)[];
    numberOf: (value: GroupValue) => number;
  },
): Classes {
  const known = new Map<number | string, number>();
  const numbers: (readonly number[])[] = [];
  const classOf = new Uint16Array(probes.length);
  for (let entry = 0; entry < probes.length; entry++) {
    const values = of.read(probes[entry] as LogMessage);
    const found = values.length === 0 ? [of.numberOf(null)] : [...new Set(values)].map(of.numberOf);
    const key = found.length === 1 ? found[0]! : found.join();
    let number = known.get(key);
    if (number === undefined) {
      number = numbers.push(found) - 1;
      known.set(key, number);
    }
    classOf[entry] = number;
  }
  return { numbers, classOf, ids };
}

/** Rows arrive in order of time, so a bucket is a run of rows. */
function runsOf(block: Block, every: number | undefined): Run[] {
  const { count } = block;
  if (every === undefined) return [{ from: 0, to: count, at: undefined }];
  const { firstAt, lastAt } = block.summary.ranges;
  const firstBucket = bucketOf(firstAt, every);
  if (lastAt < firstBucket + every) return [{ from: 0, to: count, at: firstBucket }];
  const { receivedAt } = block;
  const runs: Run[] = [];
  for (let from = 0; from < count; ) {
    const at = bucketOf(receivedAt[from]!, every);
    let to = from + 1;
    while (to < count && receivedAt[to]! < at + every) to++;
    runs.push({ from, to, at });
    from = to;
  }
  return runs;
}

/** How many rows of a run each combination of classes has; the first field's class varies slowest. Without places, classes are by row. */
function tally(
  places: Uint16Array | undefined,
  mask: Uint8Array | undefined,
  of: { classes: readonly Classes[]; cells: number; run: Run },
): Uint32Array {
  const cells = new Uint32Array(of.cells);
  const [first, second, ...rest] = of.classes;
  const width = second?.numbers.length ?? 1;
  for (let row = of.run.from; row < of.run.to; row++) {
    const place = places ? places[row]! : row;
    if (mask !== undefined && mask[place] === 0) continue;
    let cell = first ? first.classOf[first.ids[place]!]! : 0;
    if (second) cell = cell * width + second.classOf[second.ids[place]!]!;
    if (rest.length > 0)
      for (const { ids, classOf, numbers } of rest) cell = cell * numbers.length + classOf[ids[place]!]!;
    cells[cell]!++;
  }
  return cells;
}

function addCells(cells: Uint32Array, of: { classes: readonly Classes[]; run: Run; into: Counts }): void {
  const { classes, into, run } = of;
  const single = classes.every(({ numbers }) => numbers.every((choices) => choices.length === 1));
  const choices: (readonly number[])[] = [];
  const numbers: number[] = [];
  for (let cell = 0; cell < cells.length; cell++) {
    if (cells[cell] === 0) continue;
    let rest = cell;
    for (let field = classes.length - 1; field >= 0; field--) {
      const of = classes[field]!.numbers;
      const choice = of[rest % of.length]!;
      rest = Math.floor(rest / of.length);
      choices[field] = choice;
      numbers[field] = choice[0]!;
    }
    if (single) into.addNumbered(numbers, run.at, cells[cell]!);
    else addChoices(choices, { at: run.at, amount: cells[cell]!, into });
  }
}

function addRows(
  places: Uint16Array | undefined,
  mask: Uint8Array | undefined,
  of: { classes: readonly Classes[]; run: Run; into: Counts },
): void {
  for (let row = of.run.from; row < of.run.to; row++) {
    const place = places ? places[row]! : row;
    if (mask !== undefined && mask[place] === 0) continue;
    const choices = of.classes.map(({ numbers, classOf, ids }) => numbers[classOf[ids[place]!]!]!);
    addChoices(choices, { at: of.run.at, amount: 1, into: of.into });
  }
}

/** Counts every combination of the values that fields have. */
function addChoices(
  choices: readonly (readonly number[])[],
  of: { at: number | undefined; amount: number; into: Counts },
): void {
  const numbers: number[] = [];
  const add = (field: number): void => {
    if (field === choices.length) of.into.addNumbered(numbers, of.at, of.amount);
    else {
      for (const number of choices[field]!) {
        numbers[field] = number;
        add(field + 1);
      }
    }
  };
  add(0);
}
