import type { SavedSearch, SavedSearches } from '../api/operations.ts';
import { More } from '../controls/more.tsx';
import { Part, Sheet } from '../controls/sheet.tsx';
import { SavedCard } from '../saved/card.tsx';
import { useAnswer } from '../state/answer.ts';
import { session } from '../state/session.ts';

const STEP = 50;

/** Saved searches: your own, then those that others share. */
export function SavedScreen() {
  const asked = useAnswer<SavedSearches>('searches');
  const user = session.value?.user;
  return (
    <Sheet title="Saved searches">
      <Part asked={asked}>
        {({ items }) => {
          const own = items.filter(({ owner }) => owner === user);
          const shared = items.filter(({ owner }) => owner !== user);
          return (
            <>
              {items.length === 0 && <Nothing />}
              {own.length > 0 && <Cards title="Yours" searches={own} user={user} reload={asked.reload} />}
              {shared.length > 0 && (
                <Cards title="Shared by others" searches={shared} user={user} reload={asked.reload} />
              )}
            </>
          );
        }}
      </Part>
    </Sheet>
  );
}

type CardsProps = {
  readonly title: string;
  readonly searches: readonly SavedSearch[];
  readonly user: string | undefined;
  readonly reload: () => Promise<void>;
};

function Cards({ title, searches, user, reload }: CardsProps) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <More items={searches} step={STEP}>
        {(shown) => (
          <ul class="cards cards-narrow">
            {shown.map((search) => (
              <SavedCard key={`${search.owner} ${search.name}`} search={search} user={user} reload={reload} />
            ))}
          </ul>
        )}
      </More>
    </section>
  );
}

function Nothing() {
  return (
    <div class="nothing">
      <p>No search is saved yet.</p>
      <p class="hint">
        On the <a href="/">search screen</a>, “saved” keeps a query with its window and columns under a name.
      </p>
    </div>
  );
}
