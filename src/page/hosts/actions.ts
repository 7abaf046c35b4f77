import { change } from '../api/client.ts';
import { askFirst, type Done } from '../state/asking.ts';

type Reload = () => Promise<void>;

/** The keeper of the ledger takes a change up within seconds; the list is read again until it has. */
const LATER = [300, 1500, 4000, 10_000, 30_000];

export function askToRetire(host: string, reload: Reload): void {
  askFirst({
    title: `Stop expecting ${host}?`,
    text: 'Its silence is not reported any more, until it sends again. Its messages stay.',
    action: 'Stop expecting',
    run: async () => ({ ...(await retire(host, reload)), undo: () => expect(host, '', reload) }),
  });
}

/** Without a host, the name is asked for, too: it may be one that has never sent. */
export function askToExpect(host: string | undefined, reload: Reload): void {
  const named = host === undefined ? [{ name: 'host', label: 'Host', isRequired: true }] : [];
  askFirst({
    title: host === undefined ? 'Expect a host' : `Expect ${host}?`,
    text: 'It is reported if it stays silent, also if it has never sent anything.',
    fields: [
      ...named,
      {
        name: 'within',
        label: 'Its first message is due within',
        placeholder: '1d',
        offers: ['1h', '6h', '1d', '7d'],
        hint: 'A duration of at least 1m; a day if empty. Later, its own rhythm counts.',
      },
    ],
    action: 'Expect it',
    run: async ({ host: given = '', within = '' }) => {
      const name = host ?? given.trim();
      return { ...(await expect(name, within.trim(), reload)), undo: () => retire(name, reload) };
    },
  });
}

async function expect(host: string, within: string, reload: Reload): Promise<Done> {
  await change('PUT', `hosts/${encodeURIComponent(host)}/expected`, within === '' ? {} : { within });
  readLater(reload);
  return { said: `${host} is expected${within === '' ? '' : ` within ${within}`}. The list shows it within a minute.` };
}

async function retire(host: string, reload: Reload): Promise<Done> {
  await change('DELETE', `hosts/${encodeURIComponent(host)}/expected`);
  readLater(reload);
  return { said: `${host} is not expected any more, until it sends again. The list shows it within a minute.` };
}

function readLater(reload: Reload): void {
  for (const pause of LATER) setTimeout(() => void reload(), pause);
}
