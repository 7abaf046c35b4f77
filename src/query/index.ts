/** The front door: text to filter and back, and the times that people type. */
export { askedValues } from './asked-values.ts';
export { and, or } from './build.ts';
export { QueryError, showCaret } from './error.ts';
export { queryFault } from './fault.ts';
export { FIELD_ALIASES, fieldOf, unknownField } from './names.ts';
export { MAX_QUERY_LENGTH, parseQuery, type QueryContext } from './parse.ts';
export { pairOfWord } from './pairs.ts';
export { formatFull, parseSpan, parseTime, type Span, type TimeContext } from './time.ts';
export { format, quote, quoteField, quoteGlob } from './write.ts';
