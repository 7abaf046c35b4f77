export { DurableEnd } from './read/durable-end.ts';
export { nonceOf } from './format/folder.ts';
export { type OpenSpool, SPOOL_COUNTERS, type SpoolOptions } from './options.ts';
export { openSpoolReader } from './read/reader.ts';
export { SEGMENT_SEQUENCES } from './format/segment.ts';
export { openSpool } from './spool.ts';
export { SpoolCopy } from './read/copy.ts';
export { logRecovery } from './read/log-recovery.ts';
