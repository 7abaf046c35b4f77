import { bucketOf, cutReader, groupReader } from '../../../model/grouping.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Block } from '../format/block.ts';
import type { NumberedField } from './dense-counts.ts';
import type { NumberedCounts, GroupValue } from './group-counts.ts';
import { rowsPerTurn } from './turns.ts';
import { type Probe, valueColumnOf } from './value-column.ts';

/** The distinct values of a field in a block. Column entries with the same values share a class. */
type Classes = {
  /** Class → numbers of its values in the counts. */
  readonly numbers: readonly (readonly number[])[];
  /** Id in the column → class. */
  readonly classOf: Uint16Array;
  /** Place (or row, if counted by row) → id in the column. */
  readonly ids: Uint16Array;
};

/** The rows of a block in one time bucket, from `from` to below `to`. */
type RowRun = { readonly from: number; readonly to: number; readonly at: number | undefined };

/** How to count one block: its classes for each field, and which rows count. */
type CountPlan = {
  readonly classes: readonly Classes[];
  /** Row → place; undefined if the classes are by row. */
  readonly places: Uint16Array | undefined;
  /** Place → 1 if it counts; undefined if all count. */
  readonly mask: Uint8Array | undefined;
  readonly into: NumberedCounts;
};

/**
 * Combinations of classes that are counted in an array; if there are more, each row is added by
 * itself.
 */
const MAX_CELLS = 1 << 15;

/** In turns, adds the rows of a block in a mask (by place; undefined: all) to the counts. */
export type CountRows = (block: Block, mask: Uint8Array | undefined) => Generator<readonly never[], void>;

/** Whether rows are counted message by message, because the columns do not hold all fields. */
export function countsMessages(by: readonly string[]): boolean {
  return !by.every((field) => valueColumnOf(field));
}

/** A counter for one question: from columns alone if these hold all fields, else message by message. */
export function counter(into: NumberedCounts): CountRows {
  const { by, every, cutAt } = into.grouping;
  const fields = by.flatMap((field, index) => {
    const column = valueColumnOf(field);
    return column ? [{ column, read: cutReader(field, cutAt), index }] : [];
  });
  if (countsMessages(by)) return messageCounter(into);
  return function* (block, mask) {
    const columns = fields.map(({ column }) => column(block));
    // If every row counts and all columns have ids by row, places are not needed.
    const byRow = mask === undefined && columns.every(({ rowIds }) => rowIds);
    const classes = columns.map(({ probes, ids, rowIds }, field) => {
      const { read, index } = fields[field]!;
      const { numbers, classOf } = classesOf(probes, read, (value) => into.numberOf(index, value));
      return { numbers, classOf, ids: byRow && rowIds ? rowIds() : ids() };
    });
    const places = byRow || every === undefined ? undefined : block.places;
    const plan: CountPlan = { classes, places, mask, into };
    if (
      single(classes) &&
      into.addRows(
        numberedFields(classes),
        runsOf(block, every).map((run) => ({ ...run, places, mask })),
      )
    )
      return;
    const cells = classes.reduce((product, { numbers }) => product * numbers.length, 1);
    for (const run of runsOf(block, every)) {
      if (cells > MAX_CELLS) addRows(plan, run);
      else addCells(countCells(plan, run, cells), plan, run.at);
    }
  };
}

/** Whether each entry of each column has one value. */
function single(classes: readonly Classes[]): boolean {
  return classes.every(({ numbers }) => numbers.every((choices) => choices.length === 1));
}

function numberedFields(classes: readonly Classes[]): NumberedField[] {
  return classes.map(({ numbers, classOf, ids }) => ({
    numberOf: Uint32Array.from(classOf, (known) => numbers[known]![0]!),
    ids,
  }));
}

function messageCounter(into: NumberedCounts): CountRows {
  const { by, every, cutAt } = into.grouping;
  const read = groupReader(by, cutAt);
  return function* (block, mask) {
    const rows = rowsPerTurn(block.summary.ranges);
    for (let row = 0; row < block.count; row++) {
      if (row % rows === rows - 1) yield [];
      if (mask?.[block.places[row]!] === 0) continue;
      const at = every === undefined ? undefined : bucketOf(block.receivedAt[row]!, every);
      for (const values of read(block.message(row))) into.add(values, at, 1);
    }
  };
}

/** Puts column entries that share their values into one class. */
function classesOf(
  probes: readonly Probe[],
  read: (message: LogMessage) => readonly (string | number)[],
  numberOf: (value: GroupValue) => number,
): Omit<Classes, 'ids'> {
  const known = new Map<number | string, number>();
  const numbers: (readonly number[])[] = [];
  const classOf = new Uint16Array(probes.length);
  for (let entry = 0; entry < probes.length; entry++) {
    const values = read(probes[entry] as LogMessage);
    const found = values.length === 0 ? [numberOf(null)] : [...new Set(values)].map(numberOf);
    const key = found.length === 1 ? found[0]! : found.join();
    let number = known.get(key);
    if (number === undefined) {
      number = numbers.push(found) - 1;
      known.set(key, number);
    }
    classOf[entry] = number;
  }
  return { numbers, classOf };
}

/** Rows are in order of arrival, so each bucket is a run of rows. */
function runsOf(block: Block, every: number | undefined): RowRun[] {
  const { count } = block;
  if (every === undefined) return [{ from: 0, to: count, at: undefined }];
  const { firstAt, lastAt } = block.summary.ranges;
  const firstBucket = bucketOf(firstAt, every);
  if (lastAt < firstBucket + every) return [{ from: 0, to: count, at: firstBucket }];
  const { receivedAt } = block;
  const runs: RowRun[] = [];
  for (let from = 0; from < count; ) {
    const at = bucketOf(receivedAt[from]!, every);
    let to = from + 1;
    while (to < count && receivedAt[to]! < at + every) to++;
    runs.push({ from, to, at });
    from = to;
  }
  return runs;
}

/**
 * Counts the rows of a run for each combination of classes (cell); the class of the first field
 * varies slowest.
 */
function countCells({ classes, places, mask }: CountPlan, run: RowRun, size: number): Uint32Array {
  const cells = new Uint32Array(size);
  const [first, second, ...rest] = classes;
  const width = second?.numbers.length ?? 1;
  for (let row = run.from; row < run.to; row++) {
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

function addCells(cells: Uint32Array, { classes, into }: CountPlan, at: number | undefined): void {
  const isSingle = single(classes);
  const choices: (readonly number[])[] = [];
  const numbers: number[] = [];
  for (let cell = 0; cell < cells.length; cell++) {
    if (cells[cell] === 0) continue;
    let rest = cell;
    for (let field = classes.length - 1; field >= 0; field--) {
      const values = classes[field]!.numbers;
      const choice = values[rest % values.length]!;
      rest = Math.floor(rest / values.length);
      choices[field] = choice;
      numbers[field] = choice[0]!;
    }
    if (isSingle) into.addNumbered(numbers, at, cells[cell]!);
    else addChoices(choices, at, cells[cell]!, into);
  }
}

function addRows({ classes, places, mask, into }: CountPlan, run: RowRun): void {
  for (let row = run.from; row < run.to; row++) {
    const place = places ? places[row]! : row;
    if (mask !== undefined && mask[place] === 0) continue;
    const choices = classes.map(({ numbers, classOf, ids }) => numbers[classOf[ids[place]!]!]!);
    addChoices(choices, run.at, 1, into);
  }
}

/** Counts every combination of the values of the fields. */
function addChoices(
  choices: readonly (readonly number[])[],
  at: number | undefined,
  amount: number,
  into: NumberedCounts,
): void {
  const numbers: number[] = [];
  const add = (field: number): void => {
    if (field === choices.length) into.addNumbered(numbers, at, amount);
    else {
      for (const number of choices[field]!) {
        numbers[field] = number;
        add(field + 1);
      }
    }
  };
  add(0);
}
