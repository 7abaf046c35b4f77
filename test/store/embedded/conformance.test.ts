import { after } from 'node:test';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { type Open, type OpenStore, type StoreSettings, storeConformance } from '../conformance.ts';

const folders = new DisposableStack();
after(() => folders.dispose());

const open: Open = (settings) => openIn(folders.use(temporaryFolder()).path, settings);

async function openIn(folder: string, settings: StoreSettings): Promise<OpenStore> {
  const writer = await openEmbeddedWriter({ folder, ...settings });
  const reader = await openEmbeddedReader({ folder, ...settings });
  return {
    writer,
    reader,
    reopen: async () => {
      await reader[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
      return openIn(folder, settings);
    },
  };
}

storeConformance('embedded', open);
