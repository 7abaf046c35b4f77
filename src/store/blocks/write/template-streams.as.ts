/* Writes templates, which line has which, and the columns of all shapes, see `docs/format.md`. */

import { HEADS, HEXES, IDS, IDS_HIGH, LAST_PLANE, PLANES, SHAPES, SHORT, STRINGS, TEXTS, WHOLES } from '../format/template-stream.as';
import { LINE_FEED } from './template-classes.as';
import { beginColumns, writeColumn, writeWholes } from './template-columns.as';
import { beginIntegers } from './template-integers.as';
import { GROUP, reserve, SHAPE, TEMPLATE, WHOLE } from './template-layout.as';
import { beginStreams, openStream, put, putBytes, putNumber } from './template-output.as';
import { firstVariable, groups, templateOf, variableCount } from './template-scan.as';
import { shapeCount, shapes, templateCount, templates } from './template-tables.as';

/** u32: rows of shapes, one shape after another -> first variable. */
let rows: usize = 0;

/** Writes all streams. */
export function writeStreams(lines: u32, groupCount: u32, bytes: u32): void {
  beginStreams();
  beginColumns();
  beginIntegers(lines);
  rows = reserve(<usize>lines << 2);
  const count = <usize>variableCount;
  openStream(TEXTS, bytes + templateCount);
  openStream(IDS, lines);
  openStream(IDS_HIGH, lines);
  openStream(SHAPES, (<usize>templateCount + groupCount * 2 + 1) * 5);
  openStream(HEADS, (<usize>bytes << 1) + count * 24);
  for (let plane: u32 = 0; plane < LAST_PLANE; plane++) openStream(PLANES + plane, count);
  openStream(PLANES + LAST_PLANE, count * 5);
  openStream(HEXES, bytes + count);
  openStream(STRINGS, bytes + count);
  openStream(SHORT, count * 5);
  openStream(WHOLES, bytes + lines);
  writeTemplates(groupCount);
  writeIds(groupCount);
  writeShapes();
}

function writeTemplates(groupCount: u32): void {
  let template: u32 = 0;
  let shape: u32 = 0;
  let line: u32 = 0;
  putNumber(SHAPES, groupCount);
  for (let group: u32 = 0; group < groupCount; group++) {
    const at = groups + <usize>group * GROUP;
    const end = load<u32>(at);
    putNumber(SHAPES, end - line);
    putNumber(SHAPES, load<u32>(at, 4));
    line = end;
    for (let left = load<u32>(at, 4); left > 0; left--, template++) {
      const from = templates + <usize>template * TEMPLATE;
      putBytes(TEXTS, load<u32>(from), load<u32>(from, 4));
      put(TEXTS, LINE_FEED);
      // 0 is the next new shape, n the n-th last one.
      const own = load<u32>(from, 12);
      putNumber(SHAPES, shape - own);
      if (own == shape) shape++;
    }
  }
}

/** The number of each line's template among those of its group. */
function writeIds(groupCount: u32): void {
  let line: u32 = 0;
  let first: u32 = 0;
  for (let group: u32 = 0; group < groupCount; group++) {
    const at = groups + <usize>group * GROUP;
    const end = load<u32>(at);
    const count = load<u32>(at, 4);
    if (count > 1) {
      for (let index = line; index < end; index++) {
        put(IDS, load<u32>(templateOf + (<usize>index << 2)) - first);
      }
    }
    if (count > 256) {
      for (let index = line; index < end; index++) {
        put(IDS_HIGH, (load<u32>(templateOf + (<usize>index << 2)) - first) >> 8);
      }
    }
    line = end;
    first += count;
  }
}

function writeShapes(): void {
  let sum: u32 = 0;
  for (let shape: u32 = 0; shape < shapeCount; shape++) {
    const at = shapes + <usize>shape * SHAPE;
    store<u32>(at, sum, 12);
    sum += load<u32>(at, 8);
  }
  for (let line: u32 = 0; line < sum; line++) {
    const template = templates + <usize>load<u32>(templateOf + (<usize>line << 2)) * TEMPLATE;
    const shape = shapes + <usize>load<u32>(template, 12) * SHAPE;
    const row = load<u32>(shape, 12);
    store<u32>(rows + (<usize>row << 2), load<u32>(firstVariable + (<usize>line << 2)));
    store<u32>(shape, row + 1, 12);
  }
  let first = rows;
  for (let shape: u32 = 0; shape < shapeCount; shape++) {
    const at = shapes + <usize>shape * SHAPE;
    const count = load<u32>(at, 8);
    if (load<u32>(at) == WHOLE) writeWholes(first, count);
    else for (let slot: u32 = 0; slot < load<u32>(at, 4); slot++) writeColumn(first, count, slot);
    first += <usize>count << 2;
  }
}

