import type { Account } from '../account/contract.ts';
import type { DigestFacts } from '../alert/index.ts';
import { type AnswerContext, answer } from '../ask/index.ts';
import type { StreamsReport } from '../ask/contract.ts';

/** What a digest tells of drops and of the disk: the answers of `cordwood account` and `cordwood streams`. */
export function digestFacts(context: () => AnswerContext | undefined): DigestFacts {
  const asked = (): AnswerContext => {
    const found = context();
    if (!found) throw new Error('the server has only just begun');
    return found;
  };
  return {
    drops: async (stretch) => {
      const account = await asked().account(stretch);
      return { reasons: reasonsOf(account), faults: account.faults };
    },
    disk: async () => {
      let report: StreamsReport | undefined;
      for await (const row of answer('streams', {}, asked(), new AbortController().signal)) {
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

/** What did not reach the store though it was sent: not what a rule of the pipeline was asked to drop. */
function reasonsOf({ listeners, total }: Account): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  const add = (reason: string, count: number): void => {
    if (count > 0) counts.set(reason, (counts.get(reason) ?? 0) + count);
  };
  for (const { name, kernel, refused, reasons } of listeners) {
    add(`${name}: by the kernel`, kernel);
    add(`${name}: from addresses that may not send`, refused);
    for (const [reason, count] of Object.entries(reasons)) add(`${name}: dropped.${reason}`, count);
  }
  add('refused by the store (cordwood dead-letter list)', total.dead);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}
