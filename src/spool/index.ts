export { DurableEnd } from './durable.ts';
export { nonceOf } from './folder.ts';
export { openSpoolReader, type SpoolReaderOptions } from './reader.ts';
export type { RecoveryReport } from './recover.ts';
export { type OpenSpool, openSpool, SPOOL_COUNTERS, type SpoolOptions } from './spool.ts';
