import type { Account } from '../account/contract.ts';
import type { DigestFacts } from '../alert/contract.ts';
import { neverAborted } from '../base/abort.ts';
import { answer } from './answer.ts';
import type { AnswerContext } from './context.ts';
import type { StreamsReport } from './contract.ts';

/**
 * What a digest reports about drops and the disk: the answers of `cordwood account` and `cordwood
 * streams`.
 */
export function digestFacts(context: () => AnswerContext | undefined): DigestFacts {
  const asked = (): AnswerContext => {
    const found = context();
    if (!found) throw new Error('the server is still starting');
    return found;
  };
  return {
    drops: async (stretch) => {
      const account = await asked().account(stretch);
      return { reasons: reasonsOf(account), faults: account.faults };
    },
    disk: async () => {
      let report: StreamsReport | undefined;
      for await (const row of answer('streams', {}, asked(), neverAborted())) {
        if ('streams' in row) report = row;
      }
      const { bytes, growth, maxDisk, disk, full } = report!;
      return {
        bytes,
        ...(growth !== undefined && { growth }),
        ...(maxDisk !== undefined && { maxDisk }),
        ...(disk && { free: disk.free }),
        ...(full && { full }),
      };
    },
  };
}

/**
 * What was sent and did not reach the store, except what stages of the pipeline drop on purpose.
 */
function reasonsOf({ listeners, total }: Account): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  const add = (reason: string, count: number): void => {
    if (count > 0) counts.set(reason, (counts.get(reason) ?? 0) + count);
  };
  for (const { name, kernel, refused, reasons } of listeners) {
    add(`${name}: dropped by the kernel`, kernel);
    add(`${name}: from addresses that are not allowed`, refused);
    for (const [reason, count] of Object.entries(reasons)) add(`${name}: dropped.${reason}`, count);
  }
  add('refused by the store (cordwood dead-letter list)', total.dead);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}
