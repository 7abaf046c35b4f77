import type { Kind } from '../base/kind.ts';
import { z } from '../base/schema.ts';
import type { StoreOpeners } from './contract.ts';
import { loadStore } from './load.ts';

const embedded = {
  name: 'embedded',
  schema: z.strictObject({ kind: z.literal('embedded') }),
  load: () => loadStore('embedded'),
} as const satisfies Kind<z.ZodType, StoreOpeners>;

/** Every kind of store, by the `kind:` of the configuration; the first is the default. */
export const STORES = [embedded] as const;
