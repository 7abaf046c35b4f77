import type { Kind } from '../base/kind.ts';
import { z } from '../base/schema.ts';
import type { StoreOpeners } from './contract.ts';
import { mongoSchema } from './mongo/settings.ts';

/** A kind of store; its code is in `load.ts`, since it is opened with what the configuration says of it. */
type StoreKind = Omit<Kind<z.ZodType, StoreOpeners>, 'load'>;

const embedded = {
  name: 'embedded',
  schema: z.strictObject({ kind: z.literal('embedded') }),
} as const satisfies StoreKind;

const mongodb = { name: 'mongodb', schema: mongoSchema } as const satisfies StoreKind;

/** Every kind of store, by the `kind:` of the configuration; the first is the default. */
export const STORES = [embedded, mongodb] as const;
