import type { Account, Interval } from '../account/contract.ts';
import type { DigestFacts } from '../alert/contract.ts';
import { neverAborted } from '../base/abort.ts';
import { countOf } from '../base/text.ts';
import { DAY, formatDuration, MINUTE } from '../base/units.ts';
import { answer } from './answer.ts';
import type { AnswerContext } from './context.ts';
import type { StreamsReport } from './contract.ts';

/** A loss that is foreseen this long before is in the digest, ms: a longer forecast of ten minutes says little. */
const FORESEEN_MS = 7 * DAY;

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
      const context = asked();
      const account = await context.account(stretch);
      const reasons = [...reasonsOf(account), ...(await notForwarded(context, stretch))];
      return {
        reasons: reasons.sort((a, b) => b.count - a.count),
        faults: [...account.faults, ...(await inTrouble(context))],
      };
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

/** What destinations of `forward:` were not sent, because it was skipped or deleted before. */
async function notForwarded(
  { coverage }: AnswerContext,
  { from, to }: Interval,
): Promise<{ reason: string; count: number }[]> {
  const gaps = (await coverage.gaps(from, to)).filter(({ reason }) => reason === 'not_forwarded');
  return Array.from(
    Map.groupBy(gaps, ({ listener = 'another server' }) => listener),
    ([name, each]) => ({
      reason: `not forwarded to ${name}`,
      count: each.reduce((sum, { count = 0 }) => sum + count, 0),
    }),
  ).filter(({ count }) => count > 0);
}

/** Destinations that cannot be reached now, and those that lose messages soon if they go on as they do. */
async function inTrouble({ forwards, now }: AnswerContext): Promise<string[]> {
  const at = now();
  const shown = (ms: number) => formatDuration(Math.max(0, Math.round(ms / MINUTE) * MINUTE));
  return (await forwards.list()).flatMap(({ name, status: { failure, losesAt, waiting, removedAt } }) => {
    if (removedAt !== undefined) return [];
    const troubles: string[] = [];
    if (failure?.since !== undefined) {
      const much = countOf(waiting, 'message');
      troubles.push(
        `not forwarded to ${name} for ${shown(at - failure.since)}, ${much} wait at most: ${failure.reason}`,
      );
    }
    if (losesAt !== undefined && losesAt - at < FORESEEN_MS) {
      const when = losesAt > at ? `in ${shown(losesAt - at)}` : 'now';
      troubles.push(`${name} loses messages ${when} if it goes on like this: retention deletes what waits for it`);
    }
    return troubles;
  });
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
  return [...counts].map(([reason, count]) => ({ reason, count }));
}
