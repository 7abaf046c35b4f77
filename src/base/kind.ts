import type { z } from './schema.ts';

/**
 * Something that can be chosen in the configuration by `kind:` — a listener, a store, an output format.
 * `schema` validates its part of the configuration; `load` imports the code only when it is chosen.
 */
export type Kind<Schema extends z.ZodType, Open> = {
  readonly name: string;
  readonly schema: Schema;
  readonly load: () => Promise<Open>;
};
