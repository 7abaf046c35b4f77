import type { StoreOpeners } from './contract.ts';

/** The code of each kind of store, by its name; apart from the schemas, which only the configuration needs. */
const OPENERS = {
  embedded: async (): Promise<StoreOpeners> => {
    const { openEmbeddedReader, openEmbeddedWriter } = await import('./embedded/index.ts');
    return { openWriter: openEmbeddedWriter, openReader: openEmbeddedReader };
  },
} as const;
export type StoreKind = keyof typeof OPENERS;

/** The code of a kind of store. */
export function loadStore(kind: StoreKind): Promise<StoreOpeners> {
  return OPENERS[kind]();
}
