import { duration, z } from '../../base/schema.ts';
import { common, query, resolve } from '../settings.ts';

const amount = z.int().min(0).max(1_000_000_000);

export const countSchema = z
  .strictObject({
    kind: z.literal('count'),
    ...common,
    above: amount.optional().meta({ description: 'it fires with more messages than this in the window' }),
    below: amount.min(1).optional().meta({ description: 'it fires with fewer messages than this in the window' }),
    resolve: resolve('on'),
  })
  .refine(({ above, below }) => (above === undefined) !== (below === undefined), {
    error: 'has to say one of above and below',
  });
export const absenceSchema = z.strictObject({ kind: z.literal('absence'), ...common, resolve: resolve('on') });
export const matchSchema = z.strictObject({ kind: z.literal('match'), ...common, resolve: resolve('off') });

const DAY = 86_400_000;
const times = z.number().min(0).max(1_000_000);
export const ratioSchema = z
  .strictObject({
    kind: z.literal('ratio'),
    ...common,
    of: query().optional().meta({ description: 'the query that is the whole' }),
    against: duration({ min: 60_000, max: 31 * DAY })
      .refine((ms) => ms % 60_000 === 0, { error: 'is no whole number of minutes' })
      .optional()
      .meta({ description: 'how long before the window it is compared with lies, e.g. 1h, 1d, 7d' }),
    above: times.optional().meta({ description: 'it fires with more times the whole than this, e.g. 0.05 or 3' }),
    below: times.optional().meta({ description: 'it fires with fewer times the whole than this' }),
    least: amount
      .min(1)
      .default(10)
      .meta({ description: 'with fewer messages than this on both sides it says nothing' }),
    resolve: resolve('on'),
  })
  .refine(({ above, below }) => (above === undefined) !== (below === undefined), {
    error: 'has to say one of above and below',
  })
  .refine(({ of, against }) => (of === undefined) !== (against === undefined), {
    error: 'has to say one of of (a query) and against (a time before)',
  });

export const newSchema = z.strictObject({
  kind: z.literal('new'),
  ...common,
  learn: duration({ max: 31 * DAY })
    .prefault('1d')
    .meta({ description: 'how long it only learns, from when the rule is first judged' }),
  resolve: resolve('off'),
});

export type NewRule = z.output<typeof newSchema>;
export type RatioRule = z.output<typeof ratioSchema>;
export type CountRule = z.output<typeof countSchema>;
export type AbsenceRule = z.output<typeof absenceSchema>;
export type MatchRule = z.output<typeof matchSchema>;
