export { checkOpenFiles } from './check-open-files.ts';
export { acquireLock } from './data-lock.ts';
export { KeptThread } from './kept-thread.ts';
export { reloadOnHangup } from './reload.ts';
export { ServiceManager } from './service-manager.ts';
export { Signals } from './signals.ts';
export { type StoreOpened, type StoreReady, StoreStart, type StoreWaiting } from './store-start.ts';
export { allAnswer, type Ping, type Pong, Thread } from './thread.ts';
export type { ThreadLog } from './thread-log.ts';
