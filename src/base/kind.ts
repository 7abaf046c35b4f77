import type { z } from './schema.ts';

/**
 * Something that the configuration chooses by `kind:`, such as a listener, a stage or a store.
 * `schema` validates its part of the configuration; `load` imports its code, only if it is chosen.
 */
export type Kind<Schema extends z.ZodType, Open> = {
  readonly name: string;
  readonly schema: Schema;
  readonly load: () => Promise<Open>;
};
