import { useSignal } from '@preact/signals';
import { Menu } from '../controls/menu.tsx';
import { answered } from '../state/search.ts';
import { go, view, zone } from '../state/view.ts';
import { PRESETS, shifted, widened } from '../state/window.ts';
import { dateAndClock, rfc3339, shortTime, span } from '../time/zone.ts';

/** Which window is searched: an offered one, or any two times that the command line understands. */
export function WindowPicker() {
  return (
    <Menu class="picker" title="The window of time ([ and ] move it)" label={<span>{labelOf()}</span>}>
      {(close) => <Panel close={close} />}
    </Menu>
  );
}

function labelOf(): string {
  const { from, to } = view.value;
  const preset = to === '' && PRESETS.find(([value]) => value === from);
  if (preset) return preset[0] === 'all' ? 'Everything' : `Last ${preset[1]}`;
  return `${readable(from)} – ${to === '' ? 'now' : readable(to)}`;
}

/** A time of the address as people read it; what is relative stays as it is. */
function readable(text: string): string {
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? text : shortTime(ms, zone.value, Date.now());
}

function Panel({ close }: { close: () => void }) {
  const from = useSignal(editable(view.value.from));
  const to = useSignal(editable(view.value.to));
  const choose = (patch: { from: string; to: string }) => {
    go({ ...patch, around: '', ...(patch.to !== '' && { isLive: false }) });
    close();
  };
  return (
    <div class="picker-panel">
      <div class="presets">
        {PRESETS.map(([value, name]) => (
          <button
            type="button"
            key={value}
            aria-pressed={view.value.from === value && view.value.to === ''}
            onClick={() => choose({ from: value, to: '' })}
          >
            {name}
          </button>
        ))}
      </div>
      <form
        class="span"
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          choose({ from: from.value.trim() || 'all', to: to.value.trim() });
        }}
      >
        <label>
          From
          <input value={from.value} onInput={(event) => (from.value = event.currentTarget.value)} placeholder="all" />
        </label>
        <label>
          To
          <input value={to.value} onInput={(event) => (to.value = event.currentTarget.value)} placeholder="now" />
        </label>
        <p class="hint">yesterday · 14:00 · -2h · 2026-11-22 16:20 · all</p>
        <div class="row">
          <button type="submit" class="primary">
            Search this window
          </button>
        </div>
      </form>
      <div class="row">
        <button type="button" onClick={() => move('earlier')}>
          ← earlier
        </button>
        <button type="button" onClick={() => move('wider')}>
          wider
        </button>
        <button type="button" onClick={() => move('later')}>
          later →
        </button>
      </div>
      {answered.value && <p class="hint">{resolved()}</p>}
    </div>
  );
}

function editable(text: string): string {
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms)
    ? text
    : dateAndClock(ms, zone.value)
        .replace(/\.000$/, '')
        .replace(/:00$/, '');
}

/** The window that was searched, as the server understood it. */
function resolved(): string {
  const { since, until } = answered.value!.window;
  const end = dateAndClock(until, zone.value).slice(0, 19);
  return since === undefined
    ? `everything up to ${end}`
    : `${dateAndClock(since, zone.value).slice(0, 19)} to ${end} (${span(until - since)})`;
}

/** Searches the window before or after this one, or one three times as wide. */
export function move(where: 'earlier' | 'later' | 'wider'): void {
  const window = answered.value?.window;
  if (window?.since === undefined) return;
  const now = Date.now();
  const step = where === 'earlier' ? -1 : 1;
  const [since, until] =
    where === 'wider' ? widened(window.since, window.until, now) : shifted(window.since, window.until, step, now);
  go({ from: rfc3339(since, zone.value), to: rfc3339(until, zone.value), isLive: false, around: '' });
}
