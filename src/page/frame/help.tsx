import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { hasKeys } from '../state/settings.ts';

export const showsHelp = signal(false);

const KEYS = [
  ['/', 'into the query'],
  ['Enter, Ctrl+Enter', 'search'],
  ['j k ↓ ↑', 'next, previous line, with its details'],
  ['n N', 'next, previous error or worse'],
  ['Enter o', 'into the details; Esc closes them'],
  ['G End · gg Home', 'to the newest, to the oldest line'],
  ['c', 'lines around, in the details'],
  ['f', 'live on and off'],
  ['w z t', 'wrap, UTC, theme'],
  ['[ ]', 'a window earlier, later'],
  ['1 to 8', 'emerg up to this level; 8 is all'],
  ['y Y', 'copy the line, its link'],
  ['g s, g h, g a', 'search, hosts, alerts'],
  ['g t, g c, g v', 'streams, account, saved searches'],
  ['← → Shift Enter', 'along the histogram, choose, search'],
] as const;

const QUERIES = [
  ['disk full', 'both words, in any order'],
  ['"no space left"', 'this text'],
  ['conn*', 'words that begin so'],
  ['hostname:web*', 'a field, with a pattern'],
  ['severity:<=err', 'err and worse'],
  ['appname:(nginx OR haproxy)', 'one of several values'],
  ['-debug', 'without a word'],
  ['(a OR b) NOT c', 'combined'],
  ['/time(d )?out/i', 'a regular expression'],
  ['_exists_:procid', 'messages that have the field'],
  ['fields.status:>=500', 'a field found in JSON'],
] as const;

/** Keys and the query language on one screen. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (showsHelp.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [showsHelp.value]);
  return (
    <dialog ref={dialog} class="help" aria-label="Help" onClose={() => (showsHelp.value = false)}>
      <div class="help-columns">
        <section>
          <h2>Keys</h2>
          <Pairs pairs={KEYS} kind="kbd" />
          <label class="check">
            <input
              type="checkbox"
              checked={hasKeys.value}
              onChange={(event) => (hasKeys.value = event.currentTarget.checked)}
            />
            single letters are keys
          </label>
        </section>
        <section>
          <h2>Queries</h2>
          <Pairs pairs={QUERIES} kind="code" />
        </section>
      </div>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

function Pairs({ pairs, kind: Kind }: { pairs: readonly (readonly [string, string])[]; kind: 'kbd' | 'code' }) {
  return (
    <dl class="pairs">
      {pairs.map(([name, meaning]) => (
        <div key={name}>
          <dt>
            <Kind>{name}</Kind>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
