import type { SavedSearches } from '../api/operations.ts';
import { Menu } from '../controls/menu.tsx';
import { Part } from '../controls/sheet.tsx';
import { useAnswer } from '../state/answer.ts';
import { view } from '../state/view.ts';
import { Text } from '../text/text.tsx';
import { addressOf, askToSave } from './actions.ts';

/** How many the menu lists; the screen has all. */
const MOST = 12;

/** Saved searches on the search screen: open one, or save what is searched. */
export function SavedMenu() {
  return (
    <Menu class="saved" title="Saved searches" label="saved">
      {(close) => <Panel close={close} />}
    </Menu>
  );
}

function Panel({ close }: { close: () => void }) {
  const asked = useAnswer<SavedSearches>('searches');
  return (
    <div class="column-menu">
      <button
        type="button"
        onClick={() => {
          close();
          askToSave(view.value, async () => {});
        }}
      >
        save this search
      </button>
      <Part asked={asked}>
        {({ items }) =>
          items.slice(0, MOST).map((search) => (
            <a key={`${search.owner} ${search.name}`} class="button" href={addressOf(search)} onClick={() => close()}>
              <Text text={search.name} />
            </a>
          ))
        }
      </Part>
      <a class="button" href="/saved" onClick={() => close()}>
        all saved searches
      </a>
    </div>
  );
}
