import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { go, view } from '../state/view.ts';
import { PRESETS } from '../state/window.ts';

/** The window of the account, in the address as that of a search is. */
export function WindowForm() {
  const { from, to } = view.value;
  const typedFrom = useSignal(from);
  const typedTo = useSignal(to);
  useEffect(() => {
    typedFrom.value = from;
    typedTo.value = to;
  }, [from, to]);
  return (
    <form
      class="row window-form"
      onSubmit={(event) => {
        event.preventDefault();
        go({ from: typedFrom.value.trim() || 'all', to: typedTo.value.trim() });
      }}
    >
      <span class="presets">
        {PRESETS.map(([value, name]) => (
          <button
            type="button"
            key={value}
            aria-pressed={from === value && to === ''}
            onClick={() => go({ from: value, to: '' })}
          >
            {name}
          </button>
        ))}
      </span>
      <label>
        from{' '}
        <input value={typedFrom.value} size={12} onInput={(event) => (typedFrom.value = event.currentTarget.value)} />
      </label>
      <label>
        to{' '}
        <input
          value={typedTo.value}
          size={12}
          placeholder="now"
          onInput={(event) => (typedTo.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit">show</button>
    </form>
  );
}
