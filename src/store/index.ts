export type { StoreOpeners } from './contract.ts';
export { type DeadLetter, DeadLetters, readDeadLetters } from './dead-letters.ts';
export { joinStores } from './join-stores.ts';
export { loadStore } from './load.ts';
export { openMemoryStore } from './memory/store.ts';
export { expiryLines, watchExpiries } from './retention/expiries.ts';
export { holdsOf } from './retention/holds.ts';
