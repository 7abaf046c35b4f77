import type { StoreOpeners } from './contract.ts';
import type { MongoSettings } from './mongo/settings.ts';

/** What `store:` of the configuration says. */
export type StoreChoice = { readonly kind: 'embedded' } | MongoSettings;

/**
 * The code of the chosen kind of store; apart from the schemas, which only the configuration needs.
 * @param password what the choice refers to, where it does
 */
export async function loadStore(choice: StoreChoice, password?: string): Promise<StoreOpeners> {
  switch (choice.kind) {
    case 'embedded': {
      const { openEmbeddedReader, openEmbeddedWriter } = await import('./embedded/index.ts');
      return { openWriter: openEmbeddedWriter, openReader: openEmbeddedReader };
    }
    case 'mongodb': {
      const { openMongoReader, openMongoWriter } = await import('./mongo/index.ts');
      const target = { ...choice, password };
      return {
        openWriter: (options) => openMongoWriter(target, options),
        openReader: (options) => openMongoReader(target, options),
      };
    }
  }
}
