/*
 * What the two halves of the reference for templates share. Lines are Latin-1 strings, one character for each byte.
 */

/** The place of a variable in a template. */
export const MARK = '\x11';
/** The streams by their numbers in `docs/format.md`; planes of integers take four. */
export const [TEXTS, IDS, IDS_HIGH, SHAPES, HEADS, PLANES] = [0, 1, 2, 3, 4, 5];
export const [HEXES, STRINGS, SHORT, WHOLES] = [9, 10, 11, 12];
export const STREAMS = 13;
