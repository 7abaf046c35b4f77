import { SPAN, SPANS } from '../model/batch.ts';
import { parseFieldName } from '../model/fields.ts';
import { type Filter, foldFilter, LINE, LINE_TEXTS, type TermFilter } from '../model/filter.ts';
import { compile, rangeTest, textTest } from '../model/matches.ts';
import { FLAGS, FORMATS, flagBit, type LogMessage, type Source } from '../model/message.ts';
import { SEVERITIES } from '../model/priority.ts';
import { ByteMemo } from './byte-memo.ts';
import { messageTest } from './message-test.ts';
import type { RowTest, StageRows } from './stage-rows.ts';

/** The number of priorities: facility * 8 + severity. */
const PRIORITIES = 192;

/**
 * `matches` on the columns of a batch. It makes an object of a row only for conditions that columns
 * cannot decide (structured data, fields and some rare ones). @throws PatternError
 */
export function compileRows(filter: Filter): RowTest {
  return foldFilter<RowTest>(filter, {
    all: () => () => true,
    and: allOf,
    or: anyOf,
    not: (part) => (rows, row) => !part(rows, row),
    term: termTest,
  });
}

/** A chain of closures of two tests each, because V8 can inline it. */
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

function termTest(term: TermFilter): RowTest {
  const { field } = term;
  switch (field) {
    case 'severity':
    case 'facility':
    case 'level':
      return priorityTest(term);
    case 'hostname':
    case 'appname':
    case 'msgid':
    case 'procid':
      return spanTest(term, SPAN[field]);
    case LINE:
      return lineTest(term);
    case 'message':
      return messageTest(term) ?? otherTest(term);
    case 'flags':
      return flagTest(term);
    case 'format':
      return tableTest(term, FORMATS.length, (format) => ({ format: FORMATS[format]! }), formatOf);
    case 'received_at':
    case 'timestamp':
      return timeTest(term, field);
  }
  if (field.startsWith('source.')) return sourceTest(term);
  const kind = parseFieldName(field)?.kind;
  if (kind === 'sd') return onlyWith(SPAN.structuredData, term);
  return kind === 'field' ? onlyWith(SPAN.fields, term) : otherTest(term);
}

function formatOf({ batch }: StageRows, row: number): number {
  return batch.format[row]!;
}

/** Any of the texts of a row; a row as an object is made only of rows with structured data or fields. */
function lineTest(term: TermFilter): RowTest {
  const texts = LINE_TEXTS.map((field) => termTest({ ...term, field }));
  return anyOf([...texts, onlyWith(SPAN.structuredData, term), onlyWith(SPAN.fields, term)]);
}

/** For a column with few values: decides once for each value. */
function tableTest(term: TermFilter, size: number, part: (value: number) => Partial<LogMessage>, read: Reads): RowTest {
  const matches = compile(term);
  const table = Uint8Array.from({ length: size }, (_, value) => (matches(part(value) as LogMessage) ? 1 : 0));
  return (rows, row) => table[read(rows, row)] === 1;
}
type Reads = (rows: StageRows, row: number) => number;

function priorityTest(term: TermFilter): RowTest {
  const part = (priority: number): Partial<LogMessage> => {
    const severity = priority & 7;
    return { facility: priority >> 3, severity, level: SEVERITIES[severity]! };
  };
  return tableTest(term, PRIORITIES, part, ({ batch }, row) => batch.priority[row]!);
}

function flagTest(term: TermFilter): RowTest {
  const matches = compile(term);
  let bits = 0;
  for (const flag of FLAGS) if (matches({ flags: [flag] } as unknown as LogMessage)) bits |= flagBit(flag);
  return ({ batch }, row) => (batch.flags[row]! & bits) !== 0;
}

function timeTest(term: TermFilter, field: 'received_at' | 'timestamp'): RowTest {
  if (term.kind === 'exists') return () => true;
  if (term.kind !== 'range') return otherTest(term);
  const within = rangeTest(term);
  return field === 'received_at'
    ? ({ batch }, row) => within(batch.receivedAt[row]!)
    : ({ batch }, row) => within(batch.timestamp[row]!);
}

/** For a text that recurs: remembers results by text. */
function spanTest(term: TermFilter, span: number): RowTest {
  if (term.kind === 'exists') return (rows, row) => rows.has(row, span);
  const memo = new ByteMemo(term.kind === 'range' ? rangeTest(term) : textTest(term));
  return ({ batch }, row) => {
    const length = batch.lengths[row * SPANS + span]!;
    return length >= 0 && memo.test(batch.arena, batch.offsets[row * SPANS + span]!, length);
  };
}

/** Sources are few and long-lived: decides once for each. */
function sourceTest(term: TermFilter): RowTest {
  const matches = compile(term);
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

function onlyWith(span: number, term: TermFilter): RowTest {
  const test = otherTest(term);
  return (rows, row) => rows.has(row, span) && test(rows, row);
}

function otherTest(term: TermFilter): RowTest {
  const matches = compile(term);
  return (rows, row) => matches(rows.message(row));
}
