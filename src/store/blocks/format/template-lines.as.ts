/*
 * AssemblyScript: `node scripts/wasm.ts` compiles it into `template-lines.wasm.ts`, which `templates.ts` runs.
 *
 * Makes lines of the templates and variables of a block: all of them, or some. The memory is its own. The streams may
 * be damaged: whatever does not fit ends in a trap, and `fault` says what it was. Loads and stores touch up to 63 bytes
 * beyond what they need.
 */

import { beginValues, checkAllRead, readShape, variables } from './template-columns-reader.as';
import { ALWAYS, streamsOf } from './template-needs.as';
import {
  beginMemory, clearFault, copy, fail, fault, lineLength, NOT_ALL_READ, placeStream, releaseTo, reserve, rewind,
  skipTables, streamEnd, streamStart, take, takeNumber, TOO_LONG, TOO_MANY, WRONG_NUMBER, WRONG_SHAPE,
} from './template-input.as';
import { HEADS, IDS, IDS_HIGH, SHAPES, TEXTS, WHOLES } from './template-stream.as';

/** A template: its address, its length, its shape, its variables (u32 each). */
const TEMPLATE: usize = 16;
/** A shape: its variables, its rows, those that are wanted, the next of these; then the next row (u32 each). */
const SHAPE: usize = 20;
const MARK: u8 = 0x11;

let templates: usize = 0;
let templateCount: u32 = 0;
let shapes: usize = 0;
let shapeCount: u32 = 0;
let templateOf: usize = 0;
let lineCount: u32 = 0;
let wantedLines: usize = 0;
let wantedTemplates: usize = 0;
/** Where `join` begins to lay out. */
let opened: usize = 0;
/** The streams that wanted lines need, as bits. */
let needed: u32 = 0;
let out: usize = 0;
let outStarts: usize = 0;

export function begin(): void {
  clearFault();
  beginMemory();
  skipTables();
  opened = reserve(0);
}

/** @returns the address that the caller copies a stream to; lines that were made are gone */
export function place(stream: u32, bytes: u32): usize {
  releaseTo(opened);
  const at = placeStream(stream, bytes);
  opened = reserve(0);
  return at;
}

/** What was wrong when a call trapped, see `template-input.as.ts`. */
export function faultCode(): u32 {
  return fault;
}

/** Reads the templates, and which line has which. @returns their number */
export function open(lines: u32): u32 {
  for (let stream = TEXTS; stream <= SHAPES; stream++) rewind(stream);
  lineCount = lines;
  templates = reserve(<usize>lines * TEMPLATE);
  shapes = reserve(<usize>lines * SHAPE);
  templateOf = reserve(<usize>lines << 2);
  wantedLines = reserve(lines);
  wantedTemplates = reserve(lines);
  templateCount = shapeCount = 0;
  const groups = takeNumber(SHAPES);
  let line: u32 = 0;
  let text = streamStart(TEXTS);
  for (let group: u64 = 0; group < groups; group++) {
    const rows = takeNumber(SHAPES);
    const count = takeNumber(SHAPES);
    if (rows > <u64>(lines - line) || count > rows || count == 0) fail(TOO_MANY);
    text = openTemplates(text, <u32>count);
    openIds(line, <u32>rows, <u32>count);
    line += <u32>rows;
  }
  if (line != lines || text != streamEnd(TEXTS)) fail(NOT_ALL_READ);
  for (let stream = IDS; stream <= SHAPES; stream++) {
    if (stream != TEXTS && take(stream, 0) != streamEnd(stream)) fail(NOT_ALL_READ);
  }
  opened = reserve(0);
  return templateCount;
}

function openTemplates(from: usize, count: u32): usize {
  const end = streamEnd(TEXTS);
  let text = from;
  for (let index: u32 = 0; index < count; index++) {
    const length = lineLength(text, end);
    const template = templates + <usize>templateCount * TEMPLATE;
    templateCount++;
    const marks = marksIn(text, length);
    const back = takeNumber(SHAPES);
    if (back > shapeCount) fail(WRONG_SHAPE);
    const own = shapeCount - <u32>back;
    const shape = shapes + <usize>own * SHAPE;
    if (back == 0) {
      shapeCount++;
      store<u32>(shape, marks);
      store<u32>(shape, 0, 4);
    } else if (load<u32>(shape) != marks) fail(WRONG_SHAPE);
    store<u32>(template, <u32>text);
    store<u32>(template, length, 4);
    store<u32>(template, own, 8);
    store<u32>(template, marks, 12);
    text += length + 1;
  }
  return text;
}

function marksIn(at: usize, length: u32): u32 {
  const mark = i8x16.splat(MARK);
  let marks: u32 = 0;
  for (let done: u32 = 0; done < length; done += 16) {
    let found = i8x16.bitmask(i8x16.eq(v128.load(at + done), mark));
    const left = length - done;
    if (left < 16) found &= (1 << left) - 1;
    marks += <u32>popcnt(found);
  }
  return marks;
}

function openIds(from: u32, rows: u32, count: u32): void {
  const first = templateCount - count;
  const low = count > 1 ? take(IDS, rows) : 0;
  const high = count > 256 ? take(IDS_HIGH, rows) : 0;
  for (let row: u32 = 0; row < rows; row++) {
    let id: u32 = 0;
    if (count > 1) id = load<u8>(low + row);
    if (count > 256) id |= <u32>load<u8>(high + row) << 8;
    if (id >= count) fail(WRONG_NUMBER);
    store<u32>(templateOf + (<usize>(from + row) << 2), first + id);
    const shape = shapes + <usize>load<u32>(templates + <usize>(first + id) * TEMPLATE, 8) * SHAPE;
    store<u32>(shape, load<u32>(shape, 4) + 1, 4);
  }
}

/** A table of a template's address, length, shape and number of variables: u32 each. */
export function templateTable(): usize {
  return templates;
}

/** u8: template -> whether its lines are wanted, for `wantTemplates`. */
export function templateMask(): usize {
  return wantedTemplates;
}

/** u8: line -> whether it is wanted. */
export function lineMask(): usize {
  return wantedLines;
}

/** Wants the lines whose templates are marked. @returns their number */
export function wantTemplates(): u32 {
  let count: u32 = 0;
  for (let line: usize = 0; line < lineCount; line++) {
    const isWanted = load<u8>(wantedTemplates + load<u32>(templateOf + (line << 2)));
    store<u8>(wantedLines + line, isWanted);
    count += isWanted;
  }
  return count;
}

/** The streams that the wanted lines need, as bits; of the others, `join` needs the places only. */
export function needs(): u32 {
  countWanted();
  rewind(HEADS);
  needed = ALWAYS;
  for (let index: u32 = 0; index < shapeCount; index++) {
    const shape = shapes + <usize>index * SHAPE;
    const streams = streamsOf(load<u32>(shape));
    if (load<u32>(shape, 8) > 0) needed |= streams;
  }
  return needed;
}

/**
 * Makes the wanted lines, each ended by a line feed, and a table of where each begins (u32). @param limit bytes of all
 * lines of the block; `needs` was called before @returns the bytes of the lines
 */
export function join(limit: u32): u32 {
  releaseTo(opened);
  let allVariables: u64 = 0;
  for (let index: u32 = 0; index < shapeCount; index++) {
    const shape = shapes + <usize>index * SHAPE;
    allVariables += <u64>load<u32>(shape) * load<u32>(shape, 4);
    store<u32>(shape, 0, 16);
  }
  if (allVariables > limit) fail(TOO_MANY);
  const count = countWanted();
  // Rows of shapes that are wanted: number in the shape, first variable.
  const rows = reserve(<usize>count << 3);
  const firsts = reserve(<usize>count << 2);
  const variablesAt = reserve(<usize>allVariables << 3);
  const values = reserve(<usize>limit + 256);
  outStarts = reserve((<usize>count + 1) << 2);
  out = reserve(<usize>limit + 64);
  listWanted(rows, firsts);
  beginValues(variablesAt, values, values + limit + 256, (needed & (1 << WHOLES)) != 0);
  let first = rows;
  for (let index: u32 = 0; index < shapeCount; index++) {
    const shape = shapes + <usize>index * SHAPE;
    const wanted = load<u32>(shape, 8);
    readShape(load<u32>(shape, 4), load<u32>(shape), first, wanted);
    first += <usize>wanted << 3;
  }
  checkAllRead();
  return writeLines(firsts, limit);
}

function countWanted(): u32 {
  let count: u32 = 0;
  for (let index: u32 = 0; index < shapeCount; index++) store<u32>(shapes + <usize>index * SHAPE, 0, 8);
  for (let line: usize = 0; line < lineCount; line++) {
    if (!load<u8>(wantedLines + line)) continue;
    count++;
    const template = templates + <usize>load<u32>(templateOf + (line << 2)) * TEMPLATE;
    const shape = shapes + <usize>load<u32>(template, 8) * SHAPE;
    store<u32>(shape, load<u32>(shape, 8) + 1, 8);
  }
  let sum: u32 = 0;
  for (let index: u32 = 0; index < shapeCount; index++) {
    const shape = shapes + <usize>index * SHAPE;
    store<u32>(shape, sum, 12);
    sum += load<u32>(shape, 8);
  }
  return count;
}

function listWanted(rows: usize, firsts: usize): void {
  let variable: u32 = 0;
  let count: usize = 0;
  for (let line: usize = 0; line < lineCount; line++) {
    const template = templates + <usize>load<u32>(templateOf + (line << 2)) * TEMPLATE;
    const shape = shapes + <usize>load<u32>(template, 8) * SHAPE;
    const row = load<u32>(shape, 16);
    store<u32>(shape, row + 1, 16);
    if (!load<u8>(wantedLines + line)) continue;
    const place = load<u32>(shape, 12);
    store<u32>(shape, place + 1, 12);
    store<u32>(rows + (<usize>place << 3), row);
    store<u32>(rows + (<usize>place << 3), variable, 4);
    store<u32>(firsts + (count++ << 2), variable);
    variable += load<u32>(template, 12);
  }
}

function writeLines(firsts: usize, limit: u32): u32 {
  const mark = i8x16.splat(MARK);
  const end = out + limit;
  let to = out;
  let count: usize = 0;
  for (let line: usize = 0; line < lineCount; line++) {
    if (!load<u8>(wantedLines + line)) continue;
    store<u32>(outStarts + (count << 2), <u32>(to - out));
    const template = templates + <usize>load<u32>(templateOf + (line << 2)) * TEMPLATE;
    let variable = variables + (<usize>load<u32>(firsts + (count++ << 2)) << 3);
    let at = <usize>load<u32>(template);
    const last = at + load<u32>(template, 4);
    while (at < last) {
      const bytes = v128.load(at);
      const found = i8x16.bitmask(i8x16.eq(bytes, mark));
      const left = min(last - at, 16);
      const length: usize = found == 0 ? 16 : ctz(found);
      if (to + min(length, left) > end) fail(TOO_LONG);
      v128.store(to, bytes);
      if (length >= left) {
        to += left;
        at += left;
        continue;
      }
      to += length;
      at += length + 1;
      const size = load<u32>(variable, 4);
      if (to + size > end) fail(TOO_LONG);
      copy(to, load<u32>(variable), size);
      to += size;
      variable += 8;
    }
    if (to == end) fail(TOO_LONG);
    store<u8>(to++, 0x0a);
  }
  store<u32>(outStarts + (count << 2), <u32>(to - out));
  return <u32>(to - out);
}

/** Where the lines are that `join` made. */
export function linesAt(): usize {
  return out;
}

/** Where the table of their starts is. */
export function startsAt(): usize {
  return outStarts;
}
