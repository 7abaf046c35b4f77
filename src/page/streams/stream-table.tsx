import type { StreamRow, StreamsReport } from '../api/operations.ts';
import { searchAddress } from '../state/address.ts';
import { termFor } from '../state/terms.ts';
import { bytes, count } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { shortTime, span } from '../time/zone.ts';

const REMOVED = { keep: 'past its keep', max_size: 'over its max_size', max_disk: 'over max_disk' } as const;

/** What each stream holds, how it grows, what expires next, and what is gone. */
export function StreamTable({ report, zone }: { report: StreamsReport; zone: string }) {
  const most = Math.max(1, ...report.streams.map((stream) => stream.bytes));
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label="Streams">
      <table class="table stream-table">
        <thead>
          <tr>
            <th scope="col">stream</th>
            <th scope="col">stored</th>
            <th scope="col" class="number">
              messages
            </th>
            <th scope="col" class="number">
              a day
            </th>
            <th scope="col">kept</th>
            <th scope="col">since</th>
            <th scope="col">expires next</th>
          </tr>
        </thead>
        <tbody>
          {report.streams.map((stream) => (
            <Row key={stream.name} stream={stream} share={stream.bytes / most} zone={zone} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ stream, share, zone }: { stream: StreamRow; share: number; zone: string }) {
  const { name, match, importance, messages, growth, first, next, taken, maxSize } = stream;
  const now = Date.now();
  return (
    <tr>
      <th scope="row">
        <a href={searchAddress({ query: termFor('stream', name) })}>
          <Text text={name} />
        </a>
        {importance !== 'normal' && <span class="hint"> importance {importance}</span>}
        {match !== undefined && (
          <code class="stream-match">
            <Text text={match} />
          </code>
        )}
      </th>
      <td class="stream-size">
        {bytes(stream.bytes)}
        {maxSize !== undefined && <span class="hint"> of {bytes(maxSize)}</span>}
        <svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect width={Math.max(share * 100, stream.bytes > 0 ? 1 : 0)} height="8" />
        </svg>
      </td>
      <td class="number">{count(messages)}</td>
      <td class="number">{growth === undefined ? <span class="hint">not known yet</span> : `+${bytes(growth)}`}</td>
      <td>{keptText(stream)}</td>
      <td>
        {first ?? '–'}
        {taken && (
          <span class="stream-taken">
            gone before {shortTime(taken.until, zone, now)}: {REMOVED[taken.why]}
          </span>
        )}
      </td>
      <td>
        {next ? (
          <>
            {next.at <= now ? 'now' : `in ${span(next.at - now)}`}
            <span class="stream-next hint">
              {next.day}, {bytes(next.bytes)}
            </span>
          </>
        ) : (
          <span class="hint">nothing</span>
        )}
      </td>
    </tr>
  );
}

function keptText({ keep, configured }: StreamRow): string {
  if (!configured) return 'forever: it is not configured';
  return keep === undefined ? 'forever' : span(keep);
}
