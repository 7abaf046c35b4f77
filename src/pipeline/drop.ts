import type { OpenStage } from './contract.ts';
import { matchOf } from './match.ts';
import type { DropSettings } from './settings.ts';

/** Takes out what matches. */
export const openDrop: OpenStage<DropSettings> = ({ match }, { fate, counter }) => {
  const matches = matchOf(match);
  return {
    run(rows) {
      const { batch } = rows;
      const before = batch.doomed;
      for (let row = 0; row < batch.count; row++) {
        if (rows.isStored(row) && matches(rows, row)) batch.doom(row, fate);
      }
      counter.add(batch.doomed - before);
    },
  };
};
