import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { failure, isSearching } from '../state/search.ts';
import { change, go, view } from '../state/view.ts';
import { Completion } from './completion.tsx';
import { WindowPicker } from './picker.tsx';
import { ZonePicker } from './zone-picker.tsx';

/** The query, the window, the zone, and the buttons that run them. */
export function QueryBar() {
  const input = useRef<HTMLInputElement>(null);
  const typed = useSignal(view.value.query);
  useEffect(() => {
    typed.value = view.value.query;
  }, [view.value.query]);
  const run = () => go({ query: typed.value.trim(), selected: '', around: '' });
  return (
    <form
      class="query-bar"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <div class="query-box">
        <input
          ref={input}
          id="query"
          class="query"
          type="text"
          aria-label="Query"
          aria-invalid={failure.value?.problem.column !== undefined}
          aria-describedby="query-fault"
          placeholder="words, or field:value: everything if empty"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && !event.defaultPrevented) document.getElementById('lines')?.focus();
          }}
        />
        <Completion input={input} typed={typed} />
      </div>
      <WindowPicker />
      <ZonePicker />
      <button type="submit" class="primary" aria-keyshortcuts="Control+Enter">
        {isSearching.value ? 'Searching' : 'Search'}
      </button>
      <LiveButton />
      <QueryFault />
    </form>
  );
}

function LiveButton() {
  const { isLive } = view.value;
  return (
    <button
      type="button"
      class={`live ${isLive ? 'live-on' : ''}`}
      aria-pressed={isLive}
      title="Show lines as they arrive (f)"
      onClick={() => toggleLive()}
    >
      <span class="live-mark" aria-hidden="true" />
      Live
    </button>
  );
}

/** A live view goes on from now, so its window has no end. */
export function toggleLive(): void {
  const { isLive, to, from } = view.value;
  if (isLive) change({ isLive: false });
  else go({ isLive: true, to: '', ...(to !== '' && { from: from.startsWith('-') ? from : '-1h' }), around: '' });
}

/** Why the query cannot be read, with a caret below the character. */
function QueryFault() {
  const problem = failure.value?.problem;
  if (!failure.value || problem?.column === undefined) return <div id="query-fault" hidden />;
  const query = problem.query ?? view.value.query;
  return (
    <div id="query-fault" class="query-fault" role="alert">
      <pre aria-hidden="true">
        {query}
        {'\n'}
        {' '.repeat(problem.column)}^
      </pre>
      {failure.value.message}
    </div>
  );
}
