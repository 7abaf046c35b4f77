import { CordwoodError } from '../base/errors.ts';
import { didYouMean } from '../base/text/nearest.ts';
import type { StoreState } from '../store/contract.ts';
import { type ForwardService, type ForwardState, FORWARD } from './contract.ts';
import { askToSkip } from './skip.ts';

/** Reads the state of a store. */
export function createForwardService(
  state: (namespace: string) => StoreState,
  settings: () => { readonly forward: readonly { readonly name: string }[] },
  now: () => number,
): ForwardService {
  return {
    list: async () => {
      const entries = (await state(FORWARD).scan('')).filter(({ key }) => !/^(ask|lease)\//.test(key));
      return entries.map(({ key, value }) => {
        const { cursor: _, sent, ...rest } = value as ForwardState;
        return { ...rest, name: key, sent: Object.values(sent).reduce((sum, one) => sum + one, 0) };
      });
    },
    skip: async (name, to, why) => {
      const names = settings().forward.map((one) => one.name);
      if (!names.includes(name)) {
        const hint = didYouMean(name, names);
        throw new CordwoodError(
          'ERR_USAGE',
          `cannot skip ${name}: forward: has no destination of this name${hint || '; cordwood forward list shows them'}`,
        );
      }
      await askToSkip(state(FORWARD), name, { to, why, at: now() });
    },
  };
}
