import { useSignal } from '@preact/signals';
import { Menu } from '../controls/menu.tsx';
import { session } from '../state/session.ts';
import { change, go, view, zone } from '../state/view.ts';
import { browserZone, knownZone, offsetLabel } from '../time/zone.ts';

/** The time zone of everything shown, always with its offset. */
export function ZonePicker() {
  const label = (
    <span>
      {zone.value} <span class="offset">{offsetLabel(Date.now(), zone.value)}</span>
    </span>
  );
  return (
    <Menu class="zone" title="The time zone of everything shown (z toggles UTC)" label={label}>
      {(close) => <Panel close={close} />}
    </Menu>
  );
}

function Panel({ close }: { close: () => void }) {
  const typed = useSignal('');
  const isWrong = useSignal(false);
  const choose = (name: string) => {
    setZone(name);
    close();
  };
  const offered = [...new Set([browserZone(), session.value?.zone, 'UTC'])].filter((name) => name !== undefined);
  return (
    <div class="picker-panel">
      <div class="presets">
        {offered.map((name) => (
          <button type="button" key={name} aria-pressed={zone.value === name} onClick={() => choose(name)}>
            {name} {offsetLabel(Date.now(), name)}
          </button>
        ))}
      </div>
      <form
        class="span"
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          const known = knownZone(typed.value.trim());
          isWrong.value = known === undefined;
          if (known) choose(known);
        }}
      >
        <label>
          Another zone
          <input
            list="zones"
            value={typed.value}
            placeholder="America/New_York"
            aria-invalid={isWrong.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
          />
        </label>
        <datalist id="zones">
          {Intl.supportedValuesOf('timeZone').map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        {isWrong.value && (
          <p class="fault" role="alert">
            No zone has this name.
          </p>
        )}
        <button type="submit">Use it</button>
      </form>
    </div>
  );
}

/** A relative window means the same in every zone; `today` or a time without a zone does not, so it is searched again. */
function setZone(name: string): void {
  const chosen = name === browserZone() ? '' : name;
  const isSame = /^(?:-[\w]+|all)$/.test(view.value.from) && view.value.to === '';
  if (isSame) change({ zone: chosen });
  else go({ zone: chosen });
}

export function toggleUtc(): void {
  setZone(zone.value === 'UTC' ? (session.value?.zone ?? browserZone()) : 'UTC');
}
