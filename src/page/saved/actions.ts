import { change } from '../api/client.ts';
import type { SavedSearch } from '../api/operations.ts';
import { DEFAULT_COLUMNS, searchAddress, type View } from '../state/address.ts';
import { askFirst, type Done } from '../state/asking.ts';
import { may } from '../state/may.ts';

type Reload = () => Promise<void>;
/** A search without the members that the server adds. */
type Content = Omit<SavedSearch, 'owner' | 'revision'>;

/** Saves what is searched, under a name that is asked for. */
export function askToSave(view: View, reload: Reload): void {
  const { query, from, to, zone, columns } = view;
  askFirst({
    title: 'Save this search',
    text: `${query === '' ? 'All messages' : query}, ${from === 'all' ? 'everything' : `from ${from}`}${to && ` to ${to}`}`,
    fields: [{ name: 'name', label: 'Name', isRequired: true, hint: 'A search of yours with this name is replaced.' }],
    action: 'Save',
    run: async ({ name = '' }) => {
      const content = { name: name.trim(), query, since: from, until: to, zone, columns, shared: false };
      await put(content);
      await reload();
      return { said: `${content.name} is saved.`, undo: () => removed({ name: content.name }, reload) };
    },
  });
}

export function askToRemove(search: SavedSearch, reload: Reload): void {
  askFirst({
    title: `Remove ${search.name}?`,
    text: search.shared ? 'Others use it, too: it is shared.' : 'No one but you uses it.',
    action: 'Remove',
    run: async () => ({ ...(await removed(search, reload)), undo: () => bringBack(search, reload) }),
  });
}

export function askToRename(search: SavedSearch, reload: Reload): void {
  askFirst({
    title: `Change ${search.name}`,
    text: 'Its window and columns stay: to change these, open it and save it again.',
    fields: [
      { name: 'name', label: 'Name', value: search.name, isRequired: true },
      { name: 'query', label: 'Query', value: search.query },
    ],
    action: 'Change',
    run: async ({ name = '', query = '' }) => {
      const changed = { ...search, name: name.trim(), query };
      await put(changed, changed.name === search.name ? search.revision : undefined);
      if (changed.name !== search.name) await remove(search.name, search.revision);
      await reload();
      return { said: `${changed.name} is changed.`, undo: () => changeBack(search, changed.name, reload) };
    },
  });
}

export function askToShare(search: SavedSearch, reload: Reload): void {
  const shared = !search.shared;
  askFirst({
    title: shared ? `Share ${search.name}?` : `Stop sharing ${search.name}?`,
    text: shared ? 'All users see it, with its query.' : 'Only you see it then.',
    action: shared ? 'Share' : 'Stop sharing',
    run: async () => ({
      ...(await share(search, { shared, seen: search.revision }, reload)),
      undo: () => share(search, { shared: !shared }, reload),
    }),
  });
}

async function share(
  search: SavedSearch,
  { shared, seen }: { shared: boolean; seen?: number },
  reload: Reload,
): Promise<Done> {
  await put({ ...search, shared }, seen);
  await reload();
  return { said: shared ? `All users see ${search.name}.` : `Only you see ${search.name}.` };
}

/** @param seen the revision that the user has seen: a later change of another tab is kept, and this one refused */
async function put({ name, query, since, until, zone, columns, shared }: Content, seen?: number): Promise<void> {
  const body = {
    query,
    ...(since && { since }),
    ...(until && { until }),
    ...(zone && { zone }),
    ...(columns && columns.join() !== DEFAULT_COLUMNS.join() && { columns }),
    shared,
  };
  await change('PUT', `searches/${encodeURIComponent(name)}`, body, seen);
}

async function remove(name: string, seen?: number): Promise<void> {
  await change('DELETE', `searches/${encodeURIComponent(name)}`, undefined, seen);
}

async function removed(
  { name, revision }: Pick<SavedSearch, 'name'> & { revision?: number },
  reload: Reload,
): Promise<Done> {
  await remove(name, revision);
  await reload();
  return { said: `${name} is removed.` };
}

async function bringBack(search: SavedSearch, reload: Reload): Promise<Done> {
  await put(search);
  await reload();
  return { said: `${search.name} is back.` };
}

async function changeBack(search: SavedSearch, name: string, reload: Reload): Promise<Done> {
  await put(search);
  if (name !== search.name) await remove(name);
  await reload();
  return { said: `${search.name} is as it was.` };
}

/** Whether the user may change it: it is their own, and shared ones need a role. */
export function mayChange(search: SavedSearch, user: string | undefined): boolean {
  return search.owner === user && (!search.shared || may('operate'));
}

export function addressOf({ query, since, until, zone, columns }: SavedSearch): string {
  return searchAddress({
    query,
    from: since ?? '-1h',
    to: until ?? '',
    zone: zone ?? '',
    ...(columns && columns.length > 0 && { columns }),
  });
}
