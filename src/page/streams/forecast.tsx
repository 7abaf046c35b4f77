import type { StreamsReport } from '../api/operations.ts';
import { bytes } from '../text/numbers.ts';
import { date } from '../time/zone.ts';

/** The disk as one bar: messages, other files, what stays free; and when it will be full. */
export function Forecast({ report, zone }: { report: StreamsReport; zone: string }) {
  const { bytes: stored, maxDisk, disk, growth } = report;
  return (
    <section class="forecast" aria-label="Forecast">
      <p class="forecast-sentence">{sentenceOf(report, zone)}</p>
      {disk && <DiskBar stored={stored} size={disk.size} free={disk.free} limit={maxDisk} />}
      <p class="hint">
        {bytes(stored)} stored
        {maxDisk !== undefined && ` of at most ${bytes(maxDisk)}`}
        {growth !== undefined && `, growing by ${bytes(growth)} a day`}
        {disk && `; ${bytes(disk.free)} of ${bytes(disk.size)} free on the disk`}
      </p>
    </section>
  );
}

function DiskBar(props: { stored: number; size: number; free: number; limit: number | undefined }) {
  const { stored, size, free, limit } = props;
  const part = (value: number) => (100 * Math.max(0, Math.min(value, size))) / size;
  const others = Math.max(0, size - free - stored);
  return (
    <>
      <svg
        class="disk"
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${bytes(stored)} of messages, ${bytes(others)} of other files, ${bytes(free)} free`}
      >
        <rect class="disk-free" width="100" height="10" />
        <rect class="disk-others" width={part(others)} height="10" />
        <rect class="disk-stored" x={part(others)} width={Math.max(part(stored), 0.4)} height="10" />
        {limit !== undefined && limit < size - others && (
          <path class="disk-limit" d={`M${part(others + limit)} 0v10`} />
        )}
      </svg>
      <p class="legend">
        <span class="swatch disk-others" /> other files <span class="swatch disk-stored" /> messages{' '}
        <span class="swatch disk-free" /> free
        {limit !== undefined && (
          <>
            {' '}
            <span class="swatch disk-limit" /> max_disk
          </>
        )}
      </p>
    </>
  );
}

function sentenceOf({ full, growth }: StreamsReport, zone: string): string {
  if (!full) {
    return growth === undefined
      ? 'How it grows is known one hour after the first message.'
      : 'At this rate, there is room for the next three years.';
  }
  const day = date(full.at, zone);
  return full.of === 'max_disk'
    ? `At this rate, max_disk is reached on ${day}: then the least important stream loses its oldest messages.`
    : `At this rate, the disk is full on ${day}: set max_disk, or keep less.`;
}
