/** The streams of a text, in their order. */
export const TEXTS: u32 = 0;
export const IDS: u32 = 1;
export const IDS_HIGH: u32 = 2;
export const SHAPES: u32 = 3;
export const HEADS: u32 = 4;
export const PLANES: u32 = 5;
export const HEXES: u32 = 9;
export const STRINGS: u32 = 10;
export const SHORT: u32 = 11;
export const WHOLES: u32 = 12;
export const STREAMS: u32 = 13;
/** Planes beyond this are in the last of their streams. */
export const LAST_PLANE: u32 = 3;
