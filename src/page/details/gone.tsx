import type { Failure } from '../api/failure.ts';
import { Text } from '../text/text.tsx';
import { dateAndClock, offsetLabel } from '../time/zone.ts';

const CAUSES: Readonly<Record<string, string>> = {
  keep: 'it is past what the stream keeps',
  max_size: 'the stream was over its max_size',
  max_disk: 'all streams together were over max_disk',
};

type Edge = { readonly stream: string; readonly until: number; readonly why: string };

/** Why a message is not shown: retention removed it, and when that was; or it was never here. */
export function Gone({ failure, id, zone }: { failure: Failure; id: string; zone: string }) {
  const { status, problem } = failure;
  const edges = (problem as { readonly edges?: readonly Edge[] }).edges ?? [];
  const arrival = arrivalOf(id);
  // A text that is no id at all, such as half of one, is answered with 400.
  const isUnknown = status === 404 || status === 400;
  return (
    <div class="gone" role="alert">
      <p class="gone-title">
        {status === 410 ? 'This message is gone.' : isUnknown ? 'No such message.' : 'It cannot be shown.'}
      </p>
      {status === 410 && arrival !== undefined && (
        <p>
          It arrived {dateAndClock(arrival, zone).slice(0, 19)} {offsetLabel(arrival, zone)}, and retention has removed
          what arrived then:
        </p>
      )}
      {edges.length > 0 && (
        <ul class="gone-edges">
          {edges.map(({ stream, until, why }) => (
            <li key={stream}>
              <Text text={stream} />: everything before {dateAndClock(until, zone).slice(0, 16)}, because{' '}
              {CAUSES[why] ?? 'of its limits'}
            </li>
          ))}
        </ul>
      )}
      {isUnknown && (
        <p class="hint">
          No message with this id is stored here. The link may be cut off, or belong to another server.
        </p>
      )}
      {!isUnknown && status !== 410 && (
        <p>
          <Text text={failure.message} />
        </p>
      )}
    </div>
  );
}

/** When a message with this id arrived, ms: the first 48 bits of the id; undefined if that cannot be. */
function arrivalOf(id: string): number | undefined {
  const ms = /^[0-9a-f]{32}$/.test(id) ? Number.parseInt(id.slice(0, 12), 16) : Number.NaN;
  return ms > 0 && ms < 8e15 ? ms : undefined;
}
