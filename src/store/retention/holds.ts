import { CordwoodError } from '../../base/errors.ts';
import type { StoreReader, StoreState } from '../contract.ts';
import { type Hold, HOLDS, type Holds } from './contract.ts';

/** The holds of a store. Changes are compare-and-set, so any process may change them at any time. */
export function holdsOf(store: Pick<StoreReader, 'state' | 'pinHeld'>): Holds {
  const state = store.state(HOLDS);
  return {
    list: () => readHolds(state),
    async add(hold) {
      if (!(await state.put(hold.name, hold, 0))) {
        throw new CordwoodError('ERR_USAGE', `cannot add the hold ${hold.name}: a hold of this name exists already`);
      }
      await store.pinHeld?.();
    },
    async release(name) {
      for (;;) {
        const entry = await state.get(name);
        if (!entry) {
          throw new CordwoodError(
            'ERR_USAGE',
            `cannot release the hold ${name}: there is no such hold; see cordwood hold list`,
          );
        }
        if (await state.put(name, undefined, entry.revision)) return entry.value as Hold;
      }
    },
  };
}

async function readHolds(state: StoreState): Promise<Hold[]> {
  return (await state.scan('')).map(({ value }) => value as Hold);
}
