import { CordwoodError } from '../base/errors.ts';
import { didYouMean } from '../base/text/nearest.ts';
import type { StoreState } from '../store/contract.ts';
import { type ForwardRow, type ForwardState, FORWARD } from './contract.ts';
import type { Start } from './settings.ts';
import { askToSkip } from './skip.ts';

/** What questions about destinations are answered from. */
export type ForwardService = {
  /** Every destination with a cursor, by name, also those that are no longer configured. */
  list(): Promise<ForwardRow[]>;
  /** Asks the process that forwards to go on from another place. @throws CordwoodError ERR_USAGE */
  skip(name: string, to: Start, why: string): Promise<void>;
};

/** Reads the state of a store. */
export function createForwardService(
  state: (namespace: string) => StoreState,
  names: () => readonly string[],
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
      if (!names().includes(name)) {
        const hint = didYouMean(name, [...names()]);
        throw new CordwoodError(
          'ERR_USAGE',
          `cannot skip ${name}: forward: has no destination of this name${hint || '; cordwood forward list shows them'}`,
        );
      }
      await askToSkip(state(FORWARD), name, { to, why, at: now() });
    },
  };
}
