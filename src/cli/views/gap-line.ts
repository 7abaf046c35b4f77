import type { Gap } from '../../account/contract.ts';
import { gapReason } from '../../account/gap-reason.ts';
import { countOf } from '../../base/text.ts';
import { DAY, formatDuration, HOUR, MINUTE, SECOND } from '../../base/units.ts';
import type { ZoneName } from '../args/zone.ts';
import { stampsIn } from './stamps.ts';

/** Writes gaps for people: `2026-11-22 14:03:07 to 14:05:10 (2m 3s): no server ran`. @throws CordwoodError ERR_USAGE */
export function gapLine(zone: ZoneName): (gap: Gap) => string {
  const { seconds } = stampsIn(zone);
  return (gap) => {
    const [from, to] = [seconds(gap.from), seconds(gap.to)];
    const until = gap.open ? 'now' : to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to;
    const duration = Math.max(SECOND, Math.round((gap.to - gap.from) / SECOND) * SECOND);
    return `${from} to ${until} (${rounded(duration)}): ${gapReason(gap, countOf)}`;
  };
}

/** At most two units. */
function rounded(ms: number): string {
  const step = ms >= DAY ? HOUR : ms >= HOUR ? MINUTE : SECOND;
  return formatDuration(Math.round(ms / step) * step);
}
