import { duration, z } from '../../base/schema.ts';
import { MINUTE } from '../../base/units.ts';
import { common, MAX_WINDOW, minutes, query, resolve } from './fields.ts';

const amount = z.int().min(0).max(1_000_000_000);

type Bounds = { readonly above?: number | undefined; readonly below?: number | undefined };
const hasOneBound = ({ above, below }: Bounds): boolean => (above === undefined) !== (below === undefined);
const ONE_BOUND = { error: 'needs either above or below, and not both' };

export const countSchema = z
  .strictObject({
    kind: z.literal('count'),
    ...common,
    above: amount.optional().meta({ description: 'fires if the window has more messages than this' }),
    below: amount.min(1).optional().meta({ description: 'fires if the window has fewer messages than this' }),
    resolve: resolve('on'),
  })
  .refine(hasOneBound, ONE_BOUND);
export const absenceSchema = z.strictObject({ kind: z.literal('absence'), ...common, resolve: resolve('on') });
export const matchSchema = z.strictObject({ kind: z.literal('match'), ...common, resolve: resolve('off') });

const times = z.number().min(0).max(1_000_000);
export const ratioSchema = z
  .strictObject({
    kind: z.literal('ratio'),
    ...common,
    of: query().optional().meta({ description: 'the query to compare with: the whole' }),
    against: minutes(MINUTE, MAX_WINDOW)
      .optional()
      .meta({ description: 'how much earlier the window to compare with lies, e.g. 1h, 1d, 7d' }),
    above: times.optional().meta({ description: 'fires above this many times the other count, e.g. 0.05 or 3' }),
    below: times.optional().meta({ description: 'fires below this many times the other count' }),
    least: amount.min(1).default(10).meta({ description: 'does not fire if both counts are below this' }),
    resolve: resolve('on'),
  })
  .refine(hasOneBound, ONE_BOUND)
  .refine(({ of, against }) => (of === undefined) !== (against === undefined), {
    error: 'needs either of (a query) or against (how much earlier), and not both',
  });

export const newSchema = z.strictObject({
  kind: z.literal('new'),
  ...common,
  learn: duration({ max: MAX_WINDOW })
    .prefault('1d')
    .meta({ description: 'how long to learn without firing, from when the rule is first judged' }),
  resolve: resolve('off'),
});

export type NewRule = z.output<typeof newSchema>;
export type RatioRule = z.output<typeof ratioSchema>;
export type CountRule = z.output<typeof countSchema>;
export type AbsenceRule = z.output<typeof absenceSchema>;
export type MatchRule = z.output<typeof matchSchema>;

/** A rule as configured, with its file if that is not the configuration; durations in ms. */
export type Rule = (CountRule | AbsenceRule | RatioRule | MatchRule | NewRule) & { readonly file?: string };
