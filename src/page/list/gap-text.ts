import { gapReason } from '../../account/gap-reason.ts';
import type { Gap } from '../api/answers.ts';
import { counted } from '../text/numbers.ts';
import { date, dateAndClock, span } from '../time/zone.ts';

/** `13:31:40 to 13:31:42 (2 s): udp0: 1,204 datagrams dropped by the kernel`: what is missing here, and why. */
export function gapText(gap: Gap, zone: string): string {
  const from = dateAndClock(gap.from, zone).slice(0, 19);
  const to = dateAndClock(gap.to, zone).slice(0, 19);
  const end = gap.open ? 'now' : date(gap.from, zone) === date(gap.to, zone) ? to.slice(11) : to;
  return `${from} to ${end} (${span(Math.max(1000, gap.to - gap.from))}): ${reasonText(gap)}`;
}

/** Why messages are missing, as the command line says it. */
export function reasonText(gap: Gap): string {
  return gapReason(gap, counted);
}
