import { parseFieldName } from '../../../model/fields.ts';
import { type Filter, foldFilter, LINE, type TermFilter } from '../../../model/filter.ts';
import { encodeId } from '../../../model/id.ts';
import { rangeTest } from '../../../model/matches.ts';
import { structuredKeys } from '../../../model/structured-object.ts';
import { readFields } from '../../../model/field-texts.ts';
import { type Probe, type ValueColumn, valueColumnOf } from './value-column.ts';
import type { Block } from '../format/block.ts';
import { COLUMN, TEXT } from '../format/format.ts';
import { costOf, probeTest } from './terms.ts';
import { lineSelector } from './line-search.ts';
import { messageSelector } from './message-search.ts';
import { hasRows, type Range, type Selector } from './selector.ts';
import { isTurn } from './turns.ts';

const COLUMN_COST = 1;
const NUMBER_COST = 2;
const FIELDS_COST = 20;

/** @throws PatternError for a pattern that is not RE2 syntax */
export function selector(filter: Filter): Selector {
  return foldFilter<Selector>(filter, {
    all: () => ({ cost: 0, apply: () => {} }),
    and: all,
    or: any,
    not: none,
    term: termSelector,
  });
}

function all(parts: readonly Selector[]): Selector {
  const sorted = [...parts].sort((a, b) => a.cost - b.cost);
  return inTurns(parts, function* (block, mask, range) {
    for (const part of sorted) {
      if (!hasRows(mask)) return;
      yield part;
      part.apply(block, mask, range);
    }
  });
}

function any(parts: readonly Selector[]): Selector {
  const sorted = [...parts].sort((a, b) => a.cost - b.cost);
  return inTurns(parts, function* (block, mask, range) {
    const open = mask.slice();
    mask.fill(0);
    for (const part of sorted) {
      if (!hasRows(open)) return;
      yield part;
      const found = open.slice();
      part.apply(block, found, range);
      for (let place = range.from; place < range.to; place++) {
        mask[place]! |= found[place]!;
        open[place]! ^= found[place]!;
      }
    }
  });
}

type Steps = (block: Block, mask: Uint8Array, range: Range) => Generator<Selector>;

/** @param steps gives each part before it applies it */
function inTurns(parts: readonly Selector[], steps: Steps): Selector {
  return {
    cost: totalCost(parts),
    apply(...on) {
      for (const _ of steps(...on));
    },
    *applyInTurns(block, mask, range) {
      let cost = 0;
      for (const part of steps(block, mask, range)) {
        if (cost > 0 && isTurn(block, range, cost + part.cost)) {
          yield;
          cost = 0;
        }
        cost += part.cost;
      }
    },
  };
}

function none(part: Selector): Selector {
  return {
    cost: part.cost,
    apply(block, mask, range) {
      const found = mask.slice();
      part.apply(block, found, range);
      for (let place = range.from; place < range.to; place++) mask[place]! ^= found[place]!;
    },
  };
}

function totalCost(parts: readonly Selector[]): number {
  return parts.reduce((sum, part) => sum + part.cost, 0);
}

function termSelector(term: TermFilter): Selector {
  const column = valueColumnOf(term.field);
  if (column) return columnSelector(term, column);
  switch (term.field) {
    case LINE:
      return lineSelector(term);
    case 'message':
      return messageSelector(term);
    case 'timestamp':
      return timeSelector(term, (block) => {
        const { receivedAt, rows } = block;
        return block
          .numbers(COLUMN.timestamp)
          .all()
          .map((difference, place) => receivedAt[rows[place]!]! + difference);
      });
    case 'received_at':
      return timeSelector(term, (block) => {
        const { receivedAt, rows } = block;
        return Float64Array.from(rows, (row) => receivedAt[row]!);
      });
    case '_id':
      return rowSelector(term, (block) => (place) => {
        const row = block.rows[place]!;
        return { _id: encodeId(block.receivedAt[row]!, block.numbers(COLUMN.node).at(row), block.sequence[row]!) };
      });
    default:
      return fieldsSelector(term);
  }
}

function columnSelector(term: TermFilter, column: (block: Block) => ValueColumn): Selector {
  const test = probeTest(term);
  return {
    cost: COLUMN_COST,
    apply(block, mask, range) {
      const { probes, ids: idsOf } = column(block);
      const verdicts = block.kept(test, () => Uint8Array.from(probes, (probe) => (test(probe) ? 1 : 0)));
      if (!verdicts.includes(1)) mask.fill(0);
      else if (verdicts.includes(0)) {
        const ids = idsOf();
        for (let place = range.from; place < range.to; place++) mask[place]! &= verdicts[ids[place]!]!;
      }
    },
  };
}

function timeSelector(term: TermFilter, times: (block: Block) => Float64Array): Selector {
  if (term.kind !== 'range') {
    const probeOf = (time: number): Probe =>
      term.field === 'timestamp' ? { timestamp: new Date(time) } : { received_at: new Date(time) };
    return rowSelector(term, (block) => {
      const values = times(block);
      return (place) => probeOf(values[place]!);
    });
  }
  const within = rangeTest(term);
  return {
    cost: NUMBER_COST,
    apply(block, mask, range) {
      const values = times(block);
      for (let place = range.from; place < range.to; place++) if (!within(values[place]!)) mask[place] = 0;
    },
  };
}

/** Tests row by row, on a probe of each row. */
function rowSelector(term: TermFilter, probes: (block: Block) => (place: number) => Probe): Selector {
  const test = probeTest(term);
  return {
    cost: costOf(term, FIELDS_COST),
    apply(block, mask, range) {
      const probeOf = probes(block);
      for (let place = range.from; place < range.to; place++) {
        if (mask[place] === 1 && !test(probeOf(place))) mask[place] = 0;
      }
    },
  };
}

/** A term on structured data or on `fields`; an unknown name is present in no message. */
function fieldsSelector(term: TermFilter): Selector {
  const ref = parseFieldName(term.field);
  if (ref?.kind === 'sd') {
    return textSelector(term, TEXT.structuredData, structuredKeys);
  }
  return textSelector(term, TEXT.fields, (text) => ({ fields: readFields(text) }));
}

function textSelector(term: TermFilter, text: number, probeOf: (text: string) => Probe): Selector {
  const test = probeTest(term);
  const absent = test({});
  return {
    cost: costOf(term, FIELDS_COST),
    apply(block, mask, range) {
      const presence = block.numbers(COLUMN.messageLength + text);
      for (let place = range.from; place < range.to; place++) {
        if (mask[place] === 0) continue;
        const matched = presence.at(place) === 0 ? absent : test(probeOf(block.textAt(text, place)));
        if (!matched) mask[place] = 0;
      }
    },
  };
}
