import { SEVERITIES } from '../model/priority.ts';
import type { OpenStage } from './contract.ts';
import { matchOf } from './match.ts';
import type { SeveritySettings } from './settings.ts';

/** Changes the severity of rows that match; the facility stays. */
export const openSeverity: OpenStage<SeveritySettings> = ({ match, to }, { counter }) => {
  const matches = matchOf(match);
  const severity = SEVERITIES.indexOf(to);
  return {
    run(rows) {
      const { priority, count } = rows.batch;
      let changed = 0;
      for (let row = 0; row < count; row++) {
        if ((priority[row]! & 7) === severity || !rows.isStored(row) || !matches(rows, row)) continue;
        priority[row] = (priority[row]! & ~7) | severity;
        rows.changed(row);
        changed++;
      }
      counter.add(changed);
    },
  };
};
