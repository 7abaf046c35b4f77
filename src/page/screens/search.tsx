import { useEffect, useLayoutEffect } from 'preact/hooks';
import { Details } from '../details/details.tsx';
import { HistogramView } from '../histogram/histogram.tsx';
import { QueryBar } from '../search/bar.tsx';
import { LevelChips } from '../search/chips.tsx';
import { ListView } from '../search/list-view.tsx';
import { Tools } from '../search/tools.tsx';
import { keepAccount } from '../state/account.ts';
import { keepLive } from '../state/live.ts';
import { keepRetention } from '../state/retention.ts';
import { keepSearching } from '../state/search.ts';
import { view } from '../state/view.ts';
import { plain } from '../text/pieces.ts';

/** The search: query and window, levels, histogram, lines, details. */
export function SearchScreen() {
  // The question leaves before the first paint, which would keep it waiting.
  useLayoutEffect(() => keepSearching(), []);
  useEffect(() => {
    const ends = [keepAccount(), keepLive(), keepRetention()];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  const { query } = view.value;
  useEffect(() => {
    document.title = query ? `${plain(query).slice(0, 100)} – Cordwood` : 'Cordwood';
  }, [query]);
  return (
    <main class={`search ${view.value.selected ? 'search-details' : ''}`}>
      <h1 class="unseen">Search</h1>
      <QueryBar />
      <div class="strip">
        <LevelChips />
        <Tools />
      </div>
      <HistogramView />
      <ListView />
      <Details />
    </main>
  );
}
