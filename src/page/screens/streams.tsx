import { useEffect } from 'preact/hooks';
import type { Holds as HoldsAnswer, StreamsReport } from '../api/operations.ts';
import { ReadOnly } from '../controls/read-only.tsx';
import { Part, Sheet } from '../controls/sheet.tsx';
import { useAnswer } from '../state/answer.ts';
import { may } from '../state/may.ts';
import { session } from '../state/session.ts';
import { change, view, zone } from '../state/view.ts';
import { askToHold } from '../streams/actions.ts';
import { Forecast } from '../streams/forecast.tsx';
import { Holds } from '../streams/holds.tsx';
import { StreamTable } from '../streams/stream-table.tsx';
import { counted } from '../text/numbers.ts';

const EVERY = 60_000;

/** What each stream holds, when the disk is full, and what is kept from expiring. */
export function StreamsScreen() {
  const streams = useAnswer<StreamsReport>('streams', {}, EVERY);
  const holds = useAnswer<HoldsAnswer>('holds');
  const reload = async () => {
    await Promise.all([streams.reload(), holds.reload()]);
  };
  useEffect(() => {
    if (takeHold() && may('operate')) askToHold(view.value, zone.value, reload);
  }, [session.value?.role]);
  return (
    <Sheet
      title="Streams"
      about={streams.value && counted(streams.value.streams.length, 'stream')}
      tools={<ReadOnly needs="operate" />}
    >
      <Part asked={streams}>
        {(report) => (
          <>
            <Forecast report={report} zone={zone.value} />
            {report.streams.length === 0 ? (
              <p class="nothing">Nothing is stored yet.</p>
            ) : (
              <StreamTable report={report} zone={zone.value} />
            )}
          </>
        )}
      </Part>
      <Holds asked={holds} zone={zone.value} reload={reload} />
    </Sheet>
  );
}

/** Whether the address asks to hold the window of a search: `&hold=1`. It asks once. */
function takeHold(): boolean {
  const { unknown } = view.value;
  if (!session.value || !unknown.some(([name]) => name === 'hold')) return false;
  change({ unknown: unknown.filter(([name]) => name !== 'hold') });
  return true;
}
