/*
 * Splits lines into a template and its variables. Lines of a group follow one another; templates and shapes belong to
 * one group.
 */

import { classify, decimals, hasMark, hexes, lineFeeds, MARK, placeStreams, starts, streamBytes, STREAMS, variables } from './template-classes.as';
import { beginMemory, copy, DECIMAL, GROUP, HEX, LEADING_ZERO, reserve, VARIABLE } from './template-layout.as';
import { beginGroup, beginTables, bytesInGroup, countInGroup, forgetTemplates, templateAt, templateOfWhole, text } from './template-tables.as';

/** A line with more variables is kept whole. */
const MOST_VARIABLES: u32 = 255;
/** A group is kept whole if its templates are longer than its lines divided by this: they hardly repeat. */
const REPEATS: u32 = 2;

export let input: usize = 0;
/** u32: line -> offset in the input; one more entry ends the last line. */
export let lineStarts: usize = 0;
export let groups: usize = 0;
export let vars: usize = 0;
/** u32: line -> its template, and its first variable. */
export let templateOf: usize = 0;
export let firstVariable: usize = 0;
export let variableCount: u32 = 0;

let inputLength: usize = 0;
let lineCount: u32 = 0;
let groupCount: u32 = 0;
/** Begins with lines of this many bytes in all. @returns the address that the caller copies them to */
export function begin(length: usize, lines: u32, groupsOfLines: u32): usize {
  beginMemory();
  inputLength = length;
  lineCount = lines;
  groupCount = groupsOfLines;
  lineStarts = reserve((<usize>lines + 1) << 2);
  groups = reserve(<usize>groupsOfLines * GROUP);
  input = reserve(length + 128);
  return input;
}

/** Finds the lines by their line feeds, for texts that contain no others. @returns whether there are as many as lines */
function findLines(): bool {
  let line: u32 = 0;
  const words = (inputLength + 63) >> 6;
  store<u32>(lineStarts, 0);
  for (let index: usize = 0; index < words; index++) {
    let feeds = load<u64>(lineFeeds + (index << 3));
    for (; feeds != 0; feeds &= feeds - 1) {
      if (line == lineCount) return false;
      store<u32>(lineStarts + (<usize>line << 2), <u32>(index << 6) + <u32>ctz(feeds) + 1, 4);
      line++;
    }
  }
  return line == lineCount;
}

/**
 * Splits all lines; the ends of groups are set, and the starts of lines unless they are to be found. @returns false if
 * there are more or fewer lines
 */
export function scan(find: bool): bool {
  const end = input + inputLength;
  memory.fill(end, 0, 128);
  placeStreams(reserve(STREAMS * streamBytes(inputLength)), inputLength);
  const found = classify(input, inputLength);
  if (find && !findLines()) return false;
  templateOf = reserve(<usize>lineCount << 2);
  firstVariable = reserve(<usize>lineCount << 2);
  vars = reserve((<usize>found + lineCount) * VARIABLE);
  beginTables(lineCount, groupCount, inputLength, input, vars);
  variableCount = 0;
  word = 0;
  events = load<u64>(variables) | load<u64>(lineFeeds);
  let line: u32 = 0;
  for (let group: u32 = 0; group < groupCount; group++) {
    const to = load<u32>(groups + <usize>group * GROUP);
    scanGroup(group, line, to);
    line = to;
  }
  return true;
}

/** The word of the streams that is read, and what of it is left: ends of variables and of lines. */
let word: usize = 0;
let events: u64 = 0;

function scanGroup(group: u32, from: u32, to: u32): void {
  beginGroup();
  if (load<u32>(groups + <usize>group * GROUP, 4) != 0) keepGroup(from, to);
  else splitGroup(group, from, to);
  store<u32>(groups + <usize>group * GROUP, countInGroup(), 4);
}

function keepGroup(from: u32, to: u32): void {
  for (let line = from; line < to; line++) keepWhole(line);
  // The streams are read on behind the group.
  const end = load<u32>(lineStarts + (<usize>to << 2));
  word = (<usize>end >> 6) << 3;
  const open = ~<u64>0 << (end & 63);
  events = (load<u64>(variables + word) | load<u64>(lineFeeds + word)) & open;
}

function splitGroup(group: u32, from: u32, to: u32): void {
  const groupVariables = variableCount;
  for (let line = from; line < to; line++) scanLine(line, group);
  const bytes = load<u32>(lineStarts + (<usize>to << 2)) - load<u32>(lineStarts + (<usize>from << 2));
  if (bytesInGroup() * REPEATS > bytes) {
    forgetTemplates();
    variableCount = groupVariables;
    for (let line = from; line < to; line++) keepWhole(line);
  }
}

function scanLine(line: u32, group: u32): void {
  const at = lineStarts + (<usize>line << 2);
  const start = load<u32>(at);
  const end = load<u32>(at, 4) - 1;
  const first = variableCount;
  let segment = start;
  let out = text;
  let isWhole = hasMark ? marked(start, end) : false;
  while (true) {
    while (events == 0) {
      word += 8;
      events = load<u64>(variables + word) | load<u64>(lineFeeds + word);
    }
    const bit = events & (0 - events);
    const position = u32(word << 3) + u32(ctz(events));
    const isVariable = (load<u64>(variables + word) & bit) != 0;
    events ^= bit;
    if (isVariable) {
      const begun = tokenStart(bit);
      const length = position - begun;
      copy(out, input + segment, begun - segment);
      out += begun - segment;
      store<u8>(out++, MARK);
      let kinds: u32 = length;
      if (load<u64>(decimals + word) & bit) kinds |= DECIMAL;
      if (load<u64>(hexes + word) & bit) kinds |= HEX;
      if (length > 1 && load<u8>(input + begun) == 0x30) kinds |= LEADING_ZERO;
      const variable = vars + <usize>variableCount * VARIABLE;
      store<u32>(variable, begun);
      store<u32>(variable, kinds, 4);
      variableCount++;
      segment = position;
    }
    if (load<u64>(lineFeeds + word) & bit) {
      if (position == end) break;
      isWhole = true;
    }
  }
  if (isWhole || variableCount - first > MOST_VARIABLES) {
    variableCount = first;
    keepWhole(line);
    return;
  }
  copy(out, input + segment, end - segment);
  out += end - segment;
  store<u32>(firstVariable + (<usize>line << 2), first);
  store<u32>(templateOf + (<usize>line << 2), templateAt(start, end, first, variableCount, <u32>(out - text), group));
}

// @ts-ignore
@inline function tokenStart(end: u64): u32 {
  const below = load<u64>(starts + word) & (end - 1);
  if (below != 0) return u32(word << 3) + 63 - u32(clz(below));
  let back = word - 8;
  while (load<u64>(starts + back) == 0) back -= 8;
  return u32(back << 3) + 63 - u32(clz(load<u64>(starts + back)));
}

function marked(start: u32, end: u32): bool {
  for (let at = start; at < end; at++) if (load<u8>(input + at) == MARK) return true;
  return false;
}

/** The variable of the line is all of it. */
function keepWhole(line: u32): void {
  const at = lineStarts + (<usize>line << 2);
  const variable = vars + <usize>variableCount * VARIABLE;
  store<u32>(variable, load<u32>(at));
  store<u32>(variable, load<u32>(at, 4) - 1 - load<u32>(at), 4);
  store<u32>(firstVariable + (<usize>line << 2), variableCount++);
  store<u32>(templateOf + (<usize>line << 2), templateOfWhole());
}
