export { FORWARD_COUNTERS, forwardCounters, forwardTroubles } from './counters.ts';
export { Forwarder } from './forwarder.ts';
export { createForwardService } from './service.ts';
export { tryOut } from './try-out.ts';
