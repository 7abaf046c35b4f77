import type { OpenStage } from './contract.ts';
import { matchOf } from './match.ts';
import type { DropSettings } from './settings.ts';

/** Drops rows that match. */
export const openDrop: OpenStage<DropSettings> = ({ match }, { disposition, counter }) => {
  const matches = matchOf(match);
  return {
    run(rows) {
      const { batch } = rows;
      const before = batch.dropped;
      for (let row = 0; row < batch.count; row++) {
        if (rows.isStored(row) && matches(rows, row)) batch.drop(row, disposition);
      }
      counter.add(batch.dropped - before);
    },
  };
};
