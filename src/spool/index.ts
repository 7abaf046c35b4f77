export { DurableEnd } from './durable.ts';
export { nonceOf } from './folder.ts';
export { type OpenSpool, SPOOL_COUNTERS, type SpoolOptions } from './options.ts';
export { openSpoolReader, type SpoolReaderOptions } from './reader.ts';
export type { RecoveryReport } from './recover.ts';
export { SEGMENT_SEQUENCES } from './segment.ts';
export { openSpool } from './spool.ts';
