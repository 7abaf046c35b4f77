/*
 * AssemblyScript: `node scripts/wasm.ts` compiles it into `templates.wasm.ts`, which `template-writer.ts` runs.
 *
 * Turns the texts of a block into templates and columns of variables. The memory is its own: `begin` gives the address
 * that the lines are copied to, and everything else is laid out behind them. Loads and stores touch up to 127 bytes
 * beyond what they need.
 */

import { STREAMS } from '../format/template-stream.as';
import { GROUP } from './template-layout.as';
import { ends, streams } from './template-output.as';
import { begin as beginScan, groups, lineStarts, scan } from './template-scan.as';
import { writeStreams } from './template-streams.as';

let lineCount: u32 = 0;
let groupCount: u32 = 0;
let byteCount: u32 = 0;

/** @returns the address for the lines, each ended by a line feed */
export function begin(bytes: u32, lines: u32, groupsOfLines: u32): usize {
  byteCount = bytes;
  lineCount = lines;
  groupCount = groupsOfLines;
  return beginScan(bytes, lines, groupsOfLines);
}

/** The address of the starts of lines, if they contain line feeds: u32 each, and one more for the end. */
export function startsOfLines(): usize {
  return lineStarts;
}

/** Sets the line before which a group ends, and whether its lines are kept whole. */
export function endGroup(group: u32, line: u32, whole: bool): void {
  store<u32>(groups + <usize>group * GROUP, line);
  store<u32>(groups + <usize>group * GROUP, <u32>whole, 4);
}

/** @param find whether lines end at each line feed @returns false if there are more or fewer lines than announced */
export function split(find: bool): bool {
  if (!scan(find)) return false;
  writeStreams(lineCount, groupCount, byteCount);
  return true;
}

/** Address, and length in bytes, of a stream. */
export function streamAt(stream: u32): usize {
  return load<u32>(streams + (<usize>stream << 2));
}

export function streamLength(stream: u32): u32 {
  return load<u32>(ends + (<usize>stream << 2)) - load<u32>(streams + (<usize>stream << 2));
}

export function streamCount(): u32 {
  return STREAMS;
}
