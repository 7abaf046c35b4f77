/* The templates and shapes of a block, and how known ones are found. Those of a group follow one another. */

import { equal, hashOf, reserve, SHAPE, TEMPLATE, VARIABLE, WHOLE } from './template-layout.as';
import { MARK, tokens } from './template-classes.as';

export let templates: usize = 0;
export let shapes: usize = 0;
export let templateCount: u32 = 0;
export let shapeCount: u32 = 0;
/** Where the text of the next template goes: texts lie one after another. */
export let text: usize = 0;

let slots: usize = 0;
let shapeSlots: usize = 0;
let slotMask: u32 = 0;
/** The first template and the first shape of the current group, and where its templates' texts begin. */
let groupTemplates: u32 = 0;
let groupShapes: u32 = 0;
let groupText: usize = 0;
/** The template of the group for whole lines + 1; 0 if it has none. */
let wholeTemplate: u32 = 0;
/** What shapes are made of: the lines, and the variables. */
let input: usize = 0;
let vars: usize = 0;

export function beginTables(lines: u32, groups: u32, length: usize, inputAt: usize, varsAt: usize): void {
  let size: u32 = 1024;
  while (size < lines * 4) size <<= 1;
  slotMask = size - 1;
  slots = reserve(<usize>size << 2);
  shapeSlots = reserve(<usize>size << 2);
  memory.fill(slots, 0, <usize>size << 2);
  memory.fill(shapeSlots, 0, <usize>size << 2);
  templates = reserve((<usize>lines + groups + 1) * TEMPLATE);
  shapes = reserve((<usize>lines + groups + 1) * SHAPE);
  text = reserve(length + lines + 64);
  templateCount = shapeCount = 0;
  input = inputAt;
  vars = varsAt;
}

export function beginGroup(): void {
  groupTemplates = templateCount;
  groupShapes = shapeCount;
  groupText = text;
  wholeTemplate = 0;
}

/** Templates of the group, and the bytes of their texts with a line feed for each. */
export function countInGroup(): u32 {
  return templateCount - groupTemplates;
}

export function bytesInGroup(): u32 {
  return <u32>(text - groupText) + templateCount - groupTemplates;
}

/** Removes the templates and shapes of the group from the tables: the last ones first, so that no search ends early. */
export function forgetTemplates(): void {
  while (templateCount > groupTemplates) {
    templateCount--;
    const hash = load<u32>(templates + <usize>templateCount * TEMPLATE, 8);
    forget(slots, hash, templateCount + 1);
  }
  while (shapeCount > groupShapes) {
    shapeCount--;
    const hash = load<u32>(shapes + <usize>shapeCount * SHAPE);
    forget(shapeSlots, hash, shapeCount + 1);
  }
  text = groupText;
  wholeTemplate = 0;
}

function forget(table: usize, hash: u32, entry: u32): void {
  if (hash == WHOLE) return;
  let slot = hash & slotMask;
  while (load<u32>(table + (<usize>slot << 2)) != entry) slot = (slot + 1) & slotMask;
  store<u32>(table + (<usize>slot << 2), 0);
}

/** The template of the group for lines that are kept whole, of which there is one more. */
export function templateOfWhole(): u32 {
  if (wholeTemplate == 0) {
    const shape = shapes + <usize>shapeCount * SHAPE;
    store<u32>(shape, WHOLE);
    store<u32>(shape, 1, 4);
    store<u32>(shape, 0, 8);
    const template = templates + <usize>templateCount * TEMPLATE;
    store<u8>(text, MARK);
    store<u32>(template, <u32>text);
    text++;
    store<u32>(template, 1, 4);
    store<u32>(template, WHOLE, 8);
    store<u32>(template, shapeCount++, 12);
    store<u32>(template, 1, 16);
    wholeTemplate = ++templateCount;
  }
  countRow(wholeTemplate - 1);
  return wholeTemplate - 1;
}

/** One more line has this template. */
function countRow(template: u32): void {
  const shape = shapes + <usize>load<u32>(templates + <usize>template * TEMPLATE, 12) * SHAPE;
  store<u32>(shape, load<u32>(shape, 8) + 1, 8);
}

/**
 * The template of the text at `text`; a new one keeps it.
 * @param first and `last`: its variables, of the line from `start` to `end`
 */
export function templateAt(start: u32, end: u32, first: u32, last: u32, length: u32, group: u32): u32 {
  const hash = hashOf(text, length, group);
  let slot = hash & slotMask;
  while (true) {
    const entry = load<u32>(slots + (<usize>slot << 2));
    if (entry == 0) break;
    const known = templates + <usize>(entry - 1) * TEMPLATE;
    if (entry > groupTemplates && load<u32>(known, 8) == hash && load<u32>(known, 4) == length) {
      if (equal(load<u32>(known), text, length)) {
        countRow(entry - 1);
        return entry - 1;
      }
    }
    slot = (slot + 1) & slotMask;
  }
  const template = templates + <usize>templateCount * TEMPLATE;
  store<u32>(template, <u32>text);
  store<u32>(template, length, 4);
  store<u32>(template, hash, 8);
  store<u32>(template, shapeAt(start, end, first, last, group), 12);
  store<u32>(template, last - first, 16);
  text += length;
  store<u32>(slots + (<usize>slot << 2), ++templateCount);
  return templateCount - 1;
}

/** The shape of a line: what separates its tokens, and where variables are between these. */
function shapeAt(start: u32, end: u32, first: u32, last: u32, group: u32): u32 {
  const hash = shapeHash(start, end, first, last, group);
  const count = last - first;
  let slot = hash & slotMask;
  while (true) {
    const entry = load<u32>(shapeSlots + (<usize>slot << 2));
    if (entry == 0) break;
    const known = shapes + <usize>(entry - 1) * SHAPE;
    if (entry > groupShapes && load<u32>(known) == hash && load<u32>(known, 4) == count) {
      store<u32>(known, load<u32>(known, 8) + 1, 8);
      return entry - 1;
    }
    slot = (slot + 1) & slotMask;
  }
  const shape = shapes + <usize>shapeCount * SHAPE;
  store<u32>(shape, hash);
  store<u32>(shape, count, 4);
  store<u32>(shape, 1, 8);
  store<u32>(shapeSlots + (<usize>slot << 2), ++shapeCount);
  return shapeCount - 1;
}

function shapeHash(start: u32, end: u32, first: u32, last: u32, group: u32): u32 {
  let hash: u32 = (group + 1) * 0x9e3779b1 + (last - first);
  let next = first;
  for (let at = start; at < end; at++) {
    if (load<u64>(tokens + ((<usize>at >> 6) << 3)) & (<u64>1 << (at & 63))) continue;
    for (; next < last && load<u32>(vars + <usize>next * VARIABLE) < at; next++) {
      hash = (hash ^ 0x111) * 0x01000193;
    }
    hash = (hash ^ load<u8>(input + at)) * 0x01000193;
    hash ^= hash >> 13;
  }
  hash ^= hash >> 15;
  return hash == WHOLE ? 0 : hash;
}
