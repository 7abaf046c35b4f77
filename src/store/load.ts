import type { StoreOpeners } from './contract.ts';
import type { MongoWriterTarget } from './mongo/index.ts';
import type { MongoSettings } from './mongo/settings.ts';

/** The `store:` section of the configuration. */
export type StoreChoice = { readonly kind: 'embedded' } | MongoSettings;

export type LoadOptions = {
  /** The secret that the choice refers to, if any. */
  readonly password?: string | undefined;
  /** Assigns node numbers; only MongoDB needs it. */
  readonly nodeNumber: MongoWriterTarget['nodeNumber'];
};

/**
 * Loads the code of the chosen kind of store; kept apart from the schemas, which only the
 * configuration needs.
 */
export async function loadStore(choice: StoreChoice, { password, nodeNumber }: LoadOptions): Promise<StoreOpeners> {
  switch (choice.kind) {
    case 'embedded': {
      const { openEmbeddedReader, openEmbeddedWriter } = await import('./embedded/index.ts');
      return { openWriter: openEmbeddedWriter, openReader: openEmbeddedReader };
    }
    case 'mongodb': {
      const { convertMongo, openMongoReader, openMongoWriter } = await import('./mongo/index.ts');
      const target = { ...choice, password };
      return {
        openWriter: (options) => openMongoWriter({ ...target, nodeNumber }, options),
        openReader: (options) => openMongoReader(target, options),
        convert: (options) => convertMongo(target, options),
      };
    }
  }
}
