import type { LinePattern } from '../../../model/pattern.ts';
import type { Block } from '../format/block.ts';
import { COLUMN } from '../format/format.ts';
import { textMemory } from '../format/text-memory.ts';
import { matchLines } from './line-pattern.ts';
import { TextFinder } from './text-finder.ts';

/** Values in structured data and in fields are written as they are, but for what follows one. */
const backslash = new TextFinder('\\');

/**
 * The places of which a value in one of `TEXT`, structured data or fields, may match a pattern: the
 * text as it lies matches, or has a backslash or bytes beyond ASCII. Undefined if all texts have to be
 * looked at.
 */
export function textCandidates(block: Block, text: number, pattern: LinePattern): readonly number[] | undefined {
  const bytes = block.bytes(text);
  if (pattern.asserts || !textMemory().has(bytes)) return undefined;
  const places = presentPlaces(block, text);
  const lines = places && textMemory().lines(bytes, places.length);
  if (!places || !lines) return undefined;
  const marks = textMemory().wideLines(bytes, places.length);
  const escaped = backslash.mark(bytes, places.length);
  if (!escaped) return undefined;
  if (escaped.count > 0) for (let line = 0; line < marks.length; line++) marks[line]! |= escaped.marks[line]!;
  const onMatch = (line: number): void => {
    marks[line] = 1;
  };
  // A match that goes beyond its line may hide one that does not: its line is looked at.
  matchLines({ bytes, ...lines, wide: undefined }, pattern, { test: () => true, onMatch });
  return places.filter((_, line) => marks[line] === 1);
}

/** The places that have the text, in order; undefined if one contains a line feed. */
function presentPlaces(block: Block, text: number): number[] | undefined {
  const lengths = block.numbers(COLUMN.messageLength + text).all();
  const places: number[] = [];
  for (let place = 0; place < lengths.length; place++) {
    if (lengths[place]! > 1) return undefined;
    if (lengths[place] === 1) places.push(place);
  }
  return places;
}
