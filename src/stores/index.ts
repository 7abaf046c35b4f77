export { checkStore, openStoreReader, storeOf } from './open.ts';
