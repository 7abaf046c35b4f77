export { carryOverPipeline, drainSpool } from './drain-spool.ts';
export { FRAME_HEADROOM, setFrameFlags } from './frame-row.ts';
export { Health } from './health.ts';
export { type OpenListeners, startListenerSampler } from './listener-sampler.ts';
export { openIngest } from './open-ingest.ts';
export { type Resumed, resumeIngest } from './resume.ts';
export { stampZoneOf } from './stamp-zones.ts';
export { STORE_LOOP_COUNTERS, StoreLoop } from './store-loop.ts';
