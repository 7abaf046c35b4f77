import type { Hold, Holds as HoldsAnswer } from '../api/operations.ts';
import { Part } from '../controls/sheet.tsx';
import { searchAddress } from '../state/address.ts';
import type { Asked } from '../state/answer.ts';
import { may } from '../state/may.ts';
import { Text } from '../text/text.tsx';
import { shortTime } from '../time/zone.ts';
import { askToHold, askToRelease } from './actions.ts';

type HoldsProps = { readonly asked: Asked<HoldsAnswer>; readonly zone: string; readonly reload: () => Promise<void> };

/** What is kept from expiring, and why. */
export function Holds({ asked, zone, reload }: HoldsProps) {
  return (
    <section class="holds" aria-label="Holds">
      <header class="part-head">
        <h2>Holds</h2>
        {may('operate') && (
          <button type="button" onClick={() => askToHold({ query: '', from: '-24h', to: '' }, zone, reload)}>
            hold a window
          </button>
        )}
        {may('operate') && !may('admin') && <span class="hint">Releasing needs the role admin.</span>}
      </header>
      <Part asked={asked}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="hint">Nothing is held: messages expire as their streams say.</p>
          ) : (
            <ul class="cards">
              {items.map((hold) => (
                <HoldCard key={hold.name} hold={hold} zone={zone} reload={reload} />
              ))}
            </ul>
          )
        }
      </Part>
    </section>
  );
}

function HoldCard({ hold, zone, reload }: { hold: Hold; zone: string; reload: () => Promise<void> }) {
  const now = Date.now();
  const { name, since, until, query, why, addedAt } = hold;
  const start = since === undefined ? 'the beginning' : shortTime(since, zone, now);
  const end = until === undefined ? 'on without an end' : `to ${shortTime(until, zone, now)}`;
  const lines = searchAddress({
    query,
    from: since === undefined ? 'all' : new Date(since).toISOString(),
    to: until === undefined ? '' : new Date(until).toISOString(),
  });
  return (
    <li class="card hold">
      <h3>
        <Text text={name} />
      </h3>
      <p>
        <Text text={why} />
      </p>
      <p class="hint">
        from {start} {end}
        {query !== '' && (
          <>
            {' · '}
            <code>
              <Text text={query} />
            </code>
          </>
        )}
        {' · '}added {shortTime(addedAt, zone, now)}
      </p>
      <p class="row">
        <a class="button quiet" href={lines}>
          the lines
        </a>
        {may('admin') && (
          <button type="button" class="quiet" onClick={() => askToRelease(hold, zone, reload)}>
            release
          </button>
        )}
      </p>
    </li>
  );
}
