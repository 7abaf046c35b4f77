/* Tells which streams the columns of some shapes lie in, from heads alone, see `docs/format.md`. */

import {
  AFFIXES, CONSTANT, DICTIONARY, INTEGERS, LOWER_HEX, PADDED, PADDED_STEPS, STRING, UPPER_HEX, WHOLE_LENGTHS, WHOLE_LINES,
} from './template-columns-reader.as';
import { fail, take, takeLength, takeNumber, UNKNOWN_FORM } from './template-input.as';
import { HEADS, HEXES, LAST_PLANE, PLANES, SHORT, STRINGS, WHOLES } from './template-stream.as';

/** Streams that are read for any shape, as bits: lengths and ends of lines tell where the next shape begins. */
export const ALWAYS: u32 = (1 << HEADS) | (1 << STRINGS) | (1 << SHORT);

/** Passes over the heads of a shape. @returns the streams that its columns lie in, as bits */
export function streamsOf(slots: u32): u32 {
  let streams: u32 = 0;
  for (let slot: u32 = 0; slot < slots; slot++) streams |= streamsOfColumn();
  return streams;
}

function streamsOfColumn(): u32 {
  const form = <u32>load<u8>(take(HEADS, 1));
  if (form >= INTEGERS && form <= PADDED_STEPS) return planesOf(form);
  if (form == LOWER_HEX || form == UPPER_HEX || form == AFFIXES) {
    takeLength();
    takeLength();
    return form == AFFIXES ? planesOf(<u32>load<u8>(take(HEADS, 1))) : 1 << HEXES;
  }
  if (form == WHOLE_LINES || form == WHOLE_LENGTHS) return 1 << WHOLES;
  if (form == CONSTANT) takeLength();
  else if (form == DICTIONARY) for (let entries = takeLength(); entries > 0; entries--) takeLength();
  else if (form != STRING) fail(UNKNOWN_FORM);
  return 0;
}

function planesOf(form: u32): u32 {
  if (form == PADDED || form == PADDED_STEPS) takeLength();
  takeNumber(HEADS);
  let streams: u32 = 0;
  let plane: u32 = 0;
  for (let rest = takeNumber(HEADS); rest > 0; rest >>= 8) streams |= 1 << (PLANES + min(plane++, LAST_PLANE));
  return streams;
}
