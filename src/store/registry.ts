import type { Kind } from '../base/kind.ts';
import { z } from '../base/schema.ts';
import type { StoreOpeners } from './contract.ts';
import { mongoSchema } from './mongo/settings.ts';

export { mongoSchema, shardingCommands } from './mongo/settings.ts';

/**
 * A kind of store. Its code is loaded by `load.ts`, because opening it needs its part of the
 * configuration.
 */
type StoreKind = Omit<Kind<z.ZodType, StoreOpeners>, 'load'>;

const embedded = {
  name: 'embedded',
  schema: z.strictObject({ kind: z.literal('embedded') }),
} as const satisfies StoreKind;

const mongodb = { name: 'mongodb', schema: mongoSchema } as const satisfies StoreKind;

/** All kinds of store, by `kind:` in the configuration; the first is the default. */
export const STORES = [embedded, mongodb] as const;
