import type { Messages } from '../api/answers.ts';
import type { ShownHost } from '../api/operations.ts';
import { useAnswer } from '../state/answer.ts';
import { termFor } from '../state/terms.ts';
import { Text } from '../text/text.tsx';
import { dateAndClock } from '../time/zone.ts';

/** Lines are cut here; the address of the line has all of it. */
const MAX_TEXT = 300;

/** What a silent host said last; nothing if it is not stored any more. */
export function LastLine({ host, zone }: { host: ShownHost; zone: string }) {
  const asked = useAnswer<Messages>('messages', {
    query: termFor('hostname', host.host),
    since: host.last - 60_000,
    limit: 1,
    order: 'newest',
  });
  const [row] = asked.value?.items.filter((item) => '_id' in item) ?? [];
  if (!row || !('_id' in row)) return null;
  return (
    <p class="host-said">
      <a href={`/m/${row._id}`}>{dateAndClock(Date.parse(row.received_at), zone).slice(5, 19)}</a>{' '}
      {row.appname !== undefined && (
        <span class="hint">
          <Text text={`${row.appname.slice(0, 60)}: `} />
        </span>
      )}
      <Text text={row.message.slice(0, MAX_TEXT)} />
    </p>
  );
}
