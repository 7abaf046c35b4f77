export { followHostZones, hostZonesIn } from './follow-host-zones.ts';
export { hostZonesOf } from './host-zones.ts';
export { HostLedgerKeeper } from './ledger-keeper.ts';
export type { HostLedger } from './ledger.ts';
export { storedHosts } from './ledger-state.ts';
export { type Listening, listeningFrom, listeningSince, relayListener } from './listening.ts';
export { createHostsService } from './service.ts';
export { silenceChanges, silentHost } from './silence.ts';
