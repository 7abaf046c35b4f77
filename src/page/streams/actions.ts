import { change } from '../api/client.ts';
import type { Hold } from '../api/operations.ts';
import { askFirst, type Done } from '../state/asking.ts';
import { may } from '../state/may.ts';
import { counted } from '../text/numbers.ts';

type Reload = () => Promise<void>;

/** What a hold keeps, as typed. */
type Scope = { readonly query: string; readonly from: string; readonly to: string };

/** Asks for a hold on a window; its fields begin with what was searched. */
export function askToHold({ query, from, to }: Scope, zone: string, reload: Reload): void {
  askFirst({
    title: 'Hold a window',
    text: 'Its messages do not expire until the hold is released, whatever keep, max_size and max_disk say.',
    fields: [
      { name: 'why', label: 'Why', isRequired: true, placeholder: 'incident of Tuesday, ticket 4711' },
      { name: 'query', label: 'Query', value: query, placeholder: 'all messages' },
      {
        name: 'since',
        label: 'From',
        value: from,
        isRequired: true,
        hint: `yesterday · -2h · 2026-11-22 16:20 · all, in ${zone}`,
      },
      { name: 'until', label: 'To', value: to, placeholder: 'without an end' },
      { name: 'name', label: 'Name', placeholder: 'chosen by the server if empty' },
    ],
    action: 'Hold',
    run: async (values) => {
      const given = Object.entries(values).filter(([, value]) => value.trim() !== '');
      const hold = await change<Hold & { messages?: number }>('POST', 'holds', { ...Object.fromEntries(given), zone });
      await reload();
      const messages = hold.messages === undefined ? 'its messages' : counted(hold.messages, 'message');
      const done = { said: `${hold.name} holds ${messages}.` };
      return may('admin') ? { ...done, undo: () => release(hold.name, reload) } : done;
    },
  });
}

export function askToRelease(hold: Hold, zone: string, reload: Reload): void {
  askFirst({
    title: `Release ${hold.name}?`,
    text: `It was added because: ${hold.why}. What is past its keep is deleted within minutes after this, and then it is gone.`,
    action: 'Release',
    run: async () => ({ ...(await release(hold.name, reload)), undo: () => holdAgain(hold, zone, reload) }),
  });
}

async function release(name: string, reload: Reload): Promise<Done> {
  await change('DELETE', `holds/${encodeURIComponent(name)}`);
  await reload();
  return { said: `${name} is released.` };
}

async function holdAgain({ name, query, why, since, until }: Hold, zone: string, reload: Reload): Promise<Done> {
  const scope = { since: since ?? 'all', ...(until !== undefined && { until }), ...(query !== '' && { query }), zone };
  await change('POST', 'holds', { name, why, ...scope });
  await reload();
  return { said: `${name} holds what is still stored of its window.` };
}
