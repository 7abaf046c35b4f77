import type { WindowAccount } from '../api/operations.ts';
import { count } from '../text/numbers.ts';

const PARTS = [
  ['stored', 'stored'],
  ['dropped', 'dropped by a stage'],
  ['limited', 'dropped by a limit'],
  ['dead', 'set aside'],
  ['waiting', 'waiting'],
  ['lost', 'lost'],
] as const;

/** `1,204,331 received = 1,204,319 stored + 12 dropped by a limit`; what is 0 is left out. */
export function balanceOf({ total }: WindowAccount): string {
  const named = PARTS.filter(([name]) => name === 'stored' || total[name] > 0);
  return `${count(total.received)} received = ${named.map(([name, text]) => `${count(total[name])} ${text}`).join(' + ')}`;
}

/** Whether everything is accounted for, and what is missing all the same. */
export function verdictOf({ faults, total, listeners }: WindowAccount): string {
  if (faults.length > 0) return 'The account does not balance:';
  const kernel = listeners.reduce((sum, row) => sum + row.kernel, 0);
  const missing = [
    ...(total.lost > 0 ? [`${count(total.lost)} were lost`] : []),
    ...(kernel > 0 ? [`${count(kernel)} more were dropped by the kernel`] : []),
  ];
  const but = missing.length > 0 ? `, but ${missing.join(', and ')}` : '';
  return `Every received message is accounted for${but}.`;
}
