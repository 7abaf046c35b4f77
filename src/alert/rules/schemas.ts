import { z } from '../../base/schema.ts';
import { common, resolve } from '../settings.ts';

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

export type CountRule = z.output<typeof countSchema>;
export type AbsenceRule = z.output<typeof absenceSchema>;
export type MatchRule = z.output<typeof matchSchema>;
