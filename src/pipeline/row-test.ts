import { SPAN, SPANS } from '../model/batch.ts';
import { parseFieldName } from '../model/fields.ts';
import type { Filter } from '../model/filter.ts';
import { compile, rangeTest, textTest } from '../model/matches.ts';
import { FLAGS, FORMATS, flagBit, type LogMessage, type Source } from '../model/message.ts';
import { SEVERITIES } from '../model/priority.ts';
import { ByteMemo } from './byte-memo.ts';
import { messageTest } from './message-test.ts';
import type { StageRows } from './stage-rows.ts';

/** Whether a row of a batch is what a filter asks for. */
export type RowTest = (rows: StageRows, row: number) => boolean;

type Leaf = Exclude<Filter, { kind: 'all' | 'and' | 'or' | 'not' }>;

/** facility * 8 + severity. */
const PRIORITIES = 192;

/**
 * `matches` on the columns of a batch: no object is made of a row, unless a condition is about what columns do not
 * answer (structured data, fields, the rare rest). @throws PatternError
 */
export function compileRows(filter: Filter): RowTest {
  switch (filter.kind) {
    case 'all':
      return () => true;
    case 'and':
      return allOf(filter.of.map(compileRows));
    case 'or':
      return anyOf(filter.of.map(compileRows));
    case 'not': {
      const inner = compileRows(filter.of);
      return (rows, row) => !inner(rows, row);
    }
    case 'word':
    case 'substring':
    case 'phrase':
    case 'glob':
    case 'equals':
    case 'pattern':
    case 'range':
    case 'exists':
      return leafTest(filter);
  }
}

/** Two by two: a chain of closures is what V8 sees through. */
function allOf([first, ...rest]: readonly RowTest[]): RowTest {
  if (!first) return () => true;
  if (rest.length === 0) return first;
  const others = allOf(rest);
  return (rows, row) => first(rows, row) && others(rows, row);
}

function anyOf([first, ...rest]: readonly RowTest[]): RowTest {
  if (!first) return () => false;
  if (rest.length === 0) return first;
  const others = anyOf(rest);
  return (rows, row) => first(rows, row) || others(rows, row);
}

function leafTest(leaf: Leaf): RowTest {
  const { field } = leaf;
  switch (field) {
    case 'severity':
    case 'facility':
    case 'level':
      return priorityTest(leaf);
    case 'hostname':
    case 'appname':
    case 'msgid':
    case 'procid':
      return spanTest(leaf, SPAN[field]);
    case 'message':
      return messageTest(leaf) ?? otherTest(leaf);
    case 'flags':
      return flagTest(leaf);
    case 'format':
      return tableTest(leaf, FORMATS.length, (format) => ({ format: FORMATS[format]! }), formatOf);
    case 'received_at':
    case 'timestamp':
      return timeTest(leaf, field);
  }
  if (field.startsWith('source.')) return sourceTest(leaf);
  const kind = parseFieldName(field)?.kind;
  if (kind === 'sd') return onlyWith(SPAN.structuredData, leaf);
  return kind === 'field' ? onlyWith(SPAN.fields, leaf) : otherTest(leaf);
}

function formatOf({ batch }: StageRows, row: number): number {
  return batch.format[row]!;
}

/** Decides once for each value of a column of few values. */
function tableTest(leaf: Leaf, size: number, part: (value: number) => Partial<LogMessage>, read: Reads): RowTest {
  const matches = compile(leaf);
  const table = Uint8Array.from({ length: size }, (_, value) => (matches(part(value) as LogMessage) ? 1 : 0));
  return (rows, row) => table[read(rows, row)] === 1;
}
type Reads = (rows: StageRows, row: number) => number;

function priorityTest(leaf: Leaf): RowTest {
  const part = (priority: number): Partial<LogMessage> => {
    const severity = priority & 7;
    return { facility: priority >> 3, severity, level: SEVERITIES[severity]! };
  };
  return tableTest(leaf, PRIORITIES, part, ({ batch }, row) => batch.priority[row]!);
}

function flagTest(leaf: Leaf): RowTest {
  const matches = compile(leaf);
  let bits = 0;
  for (const flag of FLAGS) if (matches({ flags: [flag] } as unknown as LogMessage)) bits |= flagBit(flag);
  return ({ batch }, row) => (batch.flags[row]! & bits) !== 0;
}

function timeTest(leaf: Leaf, field: 'received_at' | 'timestamp'): RowTest {
  if (leaf.kind === 'exists') return () => true;
  if (leaf.kind !== 'range') return otherTest(leaf);
  const within = rangeTest(leaf);
  return field === 'received_at'
    ? ({ batch }, row) => within(batch.receivedAt[row]!)
    : ({ batch }, row) => within(batch.timestamp[row]!);
}

/** A text that comes again and again. */
function spanTest(leaf: Leaf, span: number): RowTest {
  if (leaf.kind === 'exists') return (rows, row) => rows.has(row, span);
  const memo = new ByteMemo(leaf.kind === 'range' ? rangeTest(leaf) : textTest(leaf));
  return ({ batch }, row) => {
    const length = batch.lengths[row * SPANS + span]!;
    return length >= 0 && memo.of(batch.arena, batch.offsets[row * SPANS + span]!, length);
  };
}

/** Sources are few and live long: each is judged once. */
function sourceTest(leaf: Leaf): RowTest {
  const matches = compile(leaf);
  const known = new WeakMap<Source, boolean>();
  return ({ batch }, row) => {
    const source = batch.sources[batch.source[row]!]!;
    let answer = known.get(source);
    if (answer === undefined) {
      answer = matches({ source } as LogMessage);
      known.set(source, answer);
    }
    return answer;
  };
}

function onlyWith(span: number, leaf: Leaf): RowTest {
  const test = otherTest(leaf);
  return (rows, row) => rows.has(row, span) && test(rows, row);
}

function otherTest(leaf: Leaf): RowTest {
  const matches = compile(leaf);
  return (rows, row) => matches(rows.message(row));
}
