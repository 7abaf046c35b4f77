import { counts } from '../state/search.ts';
import { LEVELS, type Level, levelsOf, withLevels } from '../state/terms.ts';
import { go, view } from '../state/view.ts';
import { count, shortCount } from '../text/numbers.ts';

/** The levels with their counts; a click writes the choice into the query, where it can be read and changed. */
export function LevelChips() {
  const chosen = levelsOf(view.value.query);
  const isAll = chosen.size === LEVELS.length;
  return (
    <fieldset class="chips">
      <legend class="unseen">Levels</legend>
      {LEVELS.map((level) => {
        const number = counts.value?.get(level) ?? 0;
        return (
          <button
            type="button"
            key={level}
            class={`chip level-${level} ${counts.value && number === 0 ? 'chip-none' : ''}`}
            aria-pressed={!isAll && chosen.has(level)}
            title={`${level}: ${count(number)}`}
            onClick={() => toggle(level, chosen, isAll)}
          >
            <span class="mark" aria-hidden="true" />
            {level} <span class="chip-count">{counts.value ? shortCount(number) : '·'}</span>
          </button>
        );
      })}
    </fieldset>
  );
}

function toggle(level: Level, chosen: ReadonlySet<Level>, isAll: boolean): void {
  const next = new Set(isAll ? [] : chosen);
  if (next.has(level)) next.delete(level);
  else next.add(level);
  go({ query: withLevels(view.value.query, next), selected: '' });
}

/** Limits the query to this level and worse. */
export function upTo(level: Level): void {
  go({ query: withLevels(view.value.query, new Set(LEVELS.slice(0, LEVELS.indexOf(level) + 1))), selected: '' });
}
