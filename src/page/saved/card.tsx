import type { SavedSearch } from '../api/operations.ts';
import { may } from '../state/may.ts';
import { Text } from '../text/text.tsx';
import { addressOf, askToRemove, askToRename, askToShare, mayChange } from './actions.ts';

type CardProps = {
  readonly search: SavedSearch;
  readonly user: string | undefined;
  readonly reload: () => Promise<void>;
};

/** A saved search: what it finds, and what its owner may do with it. */
export function SavedCard({ search, user, reload }: CardProps) {
  const { name, owner, query, since, until, zone, columns = [], shared } = search;
  const window = since === 'all' ? 'everything' : `${since ?? '-1h'} to ${until || 'now'}`;
  return (
    <li class="card saved-card">
      <h3>
        <a href={addressOf(search)}>
          <Text text={name} />
        </a>
      </h3>
      <p>
        <code>
          <Text text={query || '*'} />
        </code>
      </p>
      <p class="hint">
        <Text text={window} />
        {zone && (
          <>
            {' · '}
            <Text text={zone} />
          </>
        )}
        {columns.length > 0 && (
          <>
            {' · '}
            <Text text={columns.join(', ')} />
          </>
        )}
        {owner !== user && (
          <>
            {' · by '}
            <Text text={owner} />
          </>
        )}
      </p>
      {mayChange(search, user) && (
        <p class="row">
          <button type="button" class="quiet" onClick={() => askToRename(search, reload)}>
            change
          </button>
          {may('operate') && (
            <button type="button" class="quiet" onClick={() => askToShare(search, reload)}>
              {shared ? 'stop sharing' : 'share'}
            </button>
          )}
          <button type="button" class="quiet" onClick={() => askToRemove(search, reload)}>
            remove
          </button>
        </p>
      )}
    </li>
  );
}
