import { z } from '../../base/schema.ts';

/** What messages are missing, or may be, in a window; times in ms. */
const GAP = z.looseObject({ from: z.number(), to: z.number(), reason: z.string() });

/** The members of every answer about a window. */
export const WINDOW = {
  window: z
    .object({ since: z.number().optional(), until: z.number().optional(), sinceDefault: z.literal(true).optional() })
    .meta({ description: 'the window that was searched, ms' }),
  limited: z.literal(true).optional().meta({ description: 'set if the limit has cut the answer' }),
  uncovered: z.array(z.string()).optional().meta({ description: 'why part of the window may be missing' }),
  gaps: z.array(GAP).optional().meta({ description: 'where messages were lost, or may have been' }),
  gapsLeftOut: z.number().optional(),
};

/** Values that are counted together; `at` is the start of the bucket, ms. */
export const GROUP = z.looseObject({
  values: z.array(z.union([z.string(), z.number(), z.null()])),
  at: z.number().optional(),
  count: z.number(),
});

/** A list with its window. */
export function listOf(item: z.ZodType) {
  return z.looseObject({ items: z.array(item), ...WINDOW });
}
