import type { Gap } from '../api/answers.ts';
import { More } from '../controls/more.tsx';
import { gapText } from '../list/gap-text.ts';
import { searchAddress } from '../state/address.ts';
import { count, counted } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { shortTime } from '../time/zone.ts';

const STEP = 50;
/** A minute on each side of a gap is searched with it. */
const AROUND = 60_000;

type GapsProps = {
  readonly gaps: readonly Gap[];
  /** Gaps that the server left out of its answer. */
  readonly leftOut: number;
  /** ms; the window may have no beginning. */
  readonly since: number | undefined;
  readonly until: number;
  readonly zone: string;
  /** Whether the server can tell for all of the window. */
  readonly isCovered: boolean;
};

/** Where messages are, or may be, missing: a band over the window, and a list. */
export function Gaps({ gaps, leftOut, since, until, zone, isCovered }: GapsProps) {
  const start = since ?? Math.min(until - 1, ...gaps.map(({ from }) => from));
  return (
    <section aria-label="Gaps">
      <h2>
        Gaps <span class="hint">{gaps.length === 0 ? '' : count(gaps.length + leftOut)}</span>
      </h2>
      {gaps.length === 0 ? (
        <p class="hint">
          {isCovered
            ? "No gap in this window: a server listened all the time, and no sender's count has a hole."
            : 'No gap is known in this window.'}
        </p>
      ) : (
        <>
          <Band gaps={gaps} since={start} until={until} zone={zone} />
          <More items={gaps} step={STEP}>
            {(shown) => (
              <ul class="gaps">
                {shown.map((gap) => (
                  <li key={JSON.stringify(gap)}>
                    <a href={aroundOf(gap)}>
                      <Text text={gapText(gap, zone)} />
                    </a>
                  </li>
                ))}
              </ul>
            )}
          </More>
          {leftOut > 0 && <p class="hint">and {counted(leftOut, 'more gap')}: choose a shorter window</p>}
        </>
      )}
    </section>
  );
}

function Band({ gaps, since, until, zone }: { gaps: readonly Gap[]; since: number; until: number; zone: string }) {
  const place = (at: number) => Math.min(1000, Math.max(0, (1000 * (at - since)) / Math.max(1, until - since)));
  const now = Date.now();
  return (
    <div class="band">
      <svg
        viewBox="0 0 1000 20"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${counted(gaps.length, 'gap')} between ${shortTime(since, zone, now)} and ${shortTime(until, zone, now)}`}
      >
        <rect class="band-window" width="1000" height="20" />
        {gaps.map((gap) => {
          const from = place(gap.from);
          const width = Math.max(2, place(gap.open ? until : gap.to) - from);
          return (
            <rect
              key={JSON.stringify(gap)}
              class={`band-gap band-${gap.reason}`}
              x={Math.min(from, 998)}
              width={width}
              height="20"
            >
              <title>{gapText(gap, zone)}</title>
            </rect>
          );
        })}
      </svg>
      <p class="band-ends hint">
        <span>{shortTime(since, zone, now)}</span>
        <span>{shortTime(until, zone, now)}</span>
      </p>
    </div>
  );
}

function aroundOf({ from, to, open }: Gap): string {
  return searchAddress({
    from: new Date(from - AROUND).toISOString(),
    to: open ? '' : new Date(to + AROUND).toISOString(),
  });
}
