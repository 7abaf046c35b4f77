import { SPAN, SPANS } from './batch.ts';

const SPAN_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/**
 * How a batch lies in WebAssembly memory, for the modules that read it: each `%NAME%` in a `.wat`
 * is replaced by the value here. The span columns, `offsets` and `lengths`, have one number for
 * each span of a row, row after row.
 */
export const BATCH_LAYOUT = {
  /** Row number << this = where its spans begin in a span column. */
  SPAN_ROW_SHIFT: Math.log2(SPANS * SPAN_BYTES),
  SPAN_BYTES,
  /** Where spans lie within those of their row. */
  STRUCTURED_DATA: SPAN.structuredData * SPAN_BYTES,
} as const;
