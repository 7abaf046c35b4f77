export { ClusterClock } from './clock.ts';
export { nodeReport, startHeartbeat } from './heartbeat.ts';
export { Lease } from './lease.ts';
export { knownNodes, adoptNode, nodeNumber, nodesByNonce, readReports, reportNode } from './nodes.ts';
export { type CurrentPositions, followPositions, type LivePositions, readPositions } from './positions.ts';
export { Watermark } from './watermark.ts';
export { readKnownNodes, readRelays, reportRelays } from './relays.ts';
