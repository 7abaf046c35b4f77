import { countOf } from '../../base/text.ts';
import { formatDuration } from '../../base/units.ts';
import type { AwayRelay, Notice } from '../notices/notice.ts';
import { cut, timeOf, type Wording } from './words.ts';

/** `[AWAY] edge1: away since 09:12, 300 hosts behind it`. */
export function relayWording(notice: Notice, { relay, host, since, hosts }: AwayRelay): Wording {
  const isOver = notice.kind === 'resolved';
  const behind = `${countOf(hosts, 'host')} behind it`;
  const lasted = formatDuration(Math.max(0, notice.at - since));
  const what = isOver ? `is back, was away for ${lasted}` : `is away since ${timeOf(since, notice)}, ${behind}`;
  const title = `${isOver ? 'OK' : 'AWAY'}`;
  const reasons = [
    `${relay}${host === undefined ? '' : ` (${host})`}: last report ${timeOf(since, notice)}, ${behind}`,
    isOver
      ? 'what waited there has arrived; the silence of these hosts is judged from now on'
      : 'its hosts are not reported silent meanwhile; what they send waits there, and arrives late',
  ];
  return {
    subject: cut(`[${title}] ${relay} ${what}`),
    headline: `${title} - ${relay} ${what}`,
    reasons,
    doubts: [],
    commands: [{ what: 'See how far each relay is', command: 'cordwood nodes' }],
  };
}
