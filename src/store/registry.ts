import type { Kind } from '../base/kind.ts';
import { z } from '../base/schema.ts';
import type { StoreOpeners } from './contract.ts';

const embedded = {
  name: 'embedded',
  schema: z.strictObject({ kind: z.literal('embedded') }),
  load: async () => {
    const { openEmbeddedReader, openEmbeddedWriter } = await import('./embedded/index.ts');
    return { openWriter: openEmbeddedWriter, openReader: openEmbeddedReader };
  },
} as const satisfies Kind<z.ZodType, StoreOpeners>;

/** Every kind of store, by the `kind:` of the configuration; the first is the default. */
export const STORES = [embedded] as const;

/** The code of a kind of store. */
export function loadStore(kind: (typeof STORES)[number]['name']): Promise<StoreOpeners> {
  return STORES.find(({ name }) => name === kind)!.load();
}
