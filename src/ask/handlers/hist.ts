import { CordwoodError } from '../../base/errors.ts';
import { formatCount } from '../../base/text.ts';
import { DAY, formatDuration, HOUR, MINUTE, SECOND } from '../../base/units.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer, Questions } from '../contract.ts';
import { groupField, type Selection, select, uncovered } from '../scope.ts';
import { compareValues, groupsOf, MAX_GROUPS } from './groups.ts';

/** Round lengths of a bucket. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364].map((days) => days * DAY),
];
const BUCKETS = 60;

/** Messages over time: buckets that are not empty, earliest first. @throws at once if the question cannot be read */
export function hist(params: Questions['hist']['params'], context: AnswerContext, signal: AbortSignal): Answer<'hist'> {
  const by = params.by === undefined ? [] : [groupField(params.by)];
  const selection = select(params, context);
  return (async function* () {
    const span = await spanOf(selection, context);
    const every = params.every ?? stepFor(span, params.buckets ?? BUCKETS);
    if (span / every > MAX_GROUPS) {
      const remedy = 'narrow the window or widen the buckets';
      throw new CordwoodError(
        'ERR_USAGE',
        `cannot count in buckets of ${formatDuration(every)}: that makes more than ${formatCount(MAX_GROUPS)}; ${remedy}`,
      );
    }
    const groups = await groupsOf(selection, { by, every }, context, signal);
    yield* groups.sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || compareValues(a, b));
    return { ...selection.window, every, ...(await uncovered(selection, context)) };
  })();
}

/** ms from the start of the window, or the oldest message, to its end, or now. */
async function spanOf({ window }: Selection, { store, now }: AnswerContext): Promise<number> {
  const until = window.until ?? now();
  return Math.max(0, until - (window.since ?? (await store.oldest()) ?? until));
}

/** The shortest round length that needs at most so many buckets. */
function stepFor(span: number, buckets: number): number {
  return STEPS.find((step) => Math.ceil(span / step) <= buckets) ?? STEPS.at(-1)!;
}
