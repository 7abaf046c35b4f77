import { parseFieldName } from '../../../model/fields.ts';
import { type Filter, foldFilter } from '../../../model/filter.ts';
import { encodeId } from '../../../model/id.ts';
import { rangeTest } from '../../../model/matches.ts';
import { parseStructuredData } from '../../../model/structured-data.ts';
import { valueColumnOf, type Probe } from './value-column.ts';
import type { Block } from '../format/block.ts';
import { COLUMN, TEXT } from '../format/format.ts';
import { type Term, probeTest } from './terms.ts';
import { messageSelector } from './message-search.ts';

/** Part of a filter made ready for blocks: `apply` clears, in a mask by place, what does not match. */
export type Selector = {
  /** What a block costs, roughly in what must be unpacked: the cheap ones of an `and` go first. */
  readonly cost: number;
  apply(block: Block, mask: Uint8Array): void;
  /** How many of all rows match, where that can be told without telling the rows apart. */
  readonly total?: (block: Block) => number | undefined;
};

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

/** Whether a mask has any row left. */
export function hasRows(mask: Uint8Array): boolean {
  return mask.includes(1);
}

function all(parts: readonly Selector[]): Selector {
  const sorted = [...parts].sort((a, b) => a.cost - b.cost);
  return {
    cost: totalCost(parts),
    apply(block, mask) {
      for (const part of sorted) {
        if (!hasRows(mask)) return;
        part.apply(block, mask);
      }
    },
  };
}

function any(parts: readonly Selector[]): Selector {
  const sorted = [...parts].sort((a, b) => a.cost - b.cost);
  return {
    cost: totalCost(parts),
    apply(block, mask) {
      const open = mask.slice();
      mask.fill(0);
      for (const part of sorted) {
        if (!hasRows(open)) return;
        const found = open.slice();
        part.apply(block, found);
        for (let place = 0; place < mask.length; place++) {
          mask[place]! |= found[place]!;
          open[place]! ^= found[place]!;
        }
      }
    },
  };
}

function none(part: Selector): Selector {
  return {
    cost: part.cost,
    apply(block, mask) {
      const found = mask.slice();
      part.apply(block, found);
      for (let place = 0; place < mask.length; place++) mask[place]! ^= found[place]!;
    },
  };
}

function totalCost(parts: readonly Selector[]): number {
  return parts.reduce((sum, part) => sum + part.cost, 0);
}

function termSelector(leaf: Term): Selector {
  const axis = valueColumnOf(leaf.field);
  if (axis) return axisSelector(leaf, axis);
  switch (leaf.field) {
    case 'message':
      return messageSelector(leaf);
    case 'timestamp':
      return timeSelector(leaf, (block) => {
        const { receivedAt, rows } = block;
        return block
          .numbers(COLUMN.timestamp)
          .all()
          .map((difference, place) => receivedAt[rows[place]!]! + difference);
      });
    case 'received_at':
      return timeSelector(leaf, (block) => {
        const { receivedAt, rows } = block;
        return Float64Array.from(rows, (row) => receivedAt[row]!);
      });
    case '_id':
      return rowSelector(leaf, (block) => (place) => {
        const row = block.rows[place]!;
        return { _id: encodeId(block.receivedAt[row]!, block.numbers(COLUMN.node).at(row), block.sequence[row]!) };
      });
    default:
      return fieldsSelector(leaf);
  }
}

function axisSelector(
  leaf: Term,
  axis: (block: Block) => ReturnType<NonNullable<ReturnType<typeof valueColumnOf>>>,
): Selector {
  const test = probeTest(leaf);
  return {
    cost: COLUMN_COST,
    apply(block, mask) {
      const { probes, ids: idsOf } = axis(block);
      const verdicts = Uint8Array.from(probes, (probe) => (test(probe) ? 1 : 0));
      if (!verdicts.includes(1)) mask.fill(0);
      else if (verdicts.includes(0)) {
        const ids = idsOf();
        for (let place = 0; place < mask.length; place++) mask[place]! &= verdicts[ids[place]!]!;
      }
    },
  };
}

function timeSelector(leaf: Term, times: (block: Block) => Float64Array): Selector {
  if (leaf.kind !== 'range') {
    const probeOf = (time: number): Probe =>
      leaf.field === 'timestamp' ? { timestamp: new Date(time) } : { received_at: new Date(time) };
    return rowSelector(leaf, (block) => {
      const values = times(block);
      return (place) => probeOf(values[place]!);
    });
  }
  const within = rangeTest(leaf);
  return {
    cost: NUMBER_COST,
    apply(block, mask) {
      const values = times(block);
      for (let place = 0; place < mask.length; place++) if (!within(values[place]!)) mask[place] = 0;
    },
  };
}

/** Decides row by row on a probe of each. */
function rowSelector(leaf: Term, probes: (block: Block) => (place: number) => Probe): Selector {
  const test = probeTest(leaf);
  return {
    cost: FIELDS_COST,
    apply(block, mask) {
      const probeOf = probes(block);
      for (let place = 0; place < mask.length; place++) {
        if (mask[place] === 1 && !test(probeOf(place))) mask[place] = 0;
      }
    },
  };
}

/** A leaf on structured data or on `fields`; a name that means nothing is present nowhere. */
function fieldsSelector(leaf: Term): Selector {
  const ref = parseFieldName(leaf.field);
  if (ref?.kind === 'sd') {
    return textSelector(leaf, TEXT.structuredData, (text) => ({ structured_data: parseStructuredData(text) }));
  }
  return textSelector(leaf, TEXT.fields, (text) => ({ fields: JSON.parse(text) }));
}

function textSelector(leaf: Term, text: number, probeOf: (text: string) => Probe): Selector {
  const test = probeTest(leaf);
  const absent = test({});
  return {
    cost: FIELDS_COST,
    apply(block, mask) {
      const presence = block.numbers(COLUMN.messageLength + text);
      for (let place = 0; place < mask.length; place++) {
        if (mask[place] === 0) continue;
        const matched = presence.at(place) === 0 ? absent : test(probeOf(block.textAt(text, place)));
        if (!matched) mask[place] = 0;
      }
    },
  };
}
