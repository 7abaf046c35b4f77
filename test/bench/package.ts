import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '../support/tmp.ts';
import { say } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The package as its users have it, `dist/` of plain JavaScript, in a folder that goes away. @throws where it cannot be built */
export function buildPackage(): { readonly bin: string } & Disposable {
  const folder = temporaryFolder();
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(folder.path, 'dist')];
  const { status, stdout } = spawnSync(tsc, options, { cwd: ROOT, encoding: 'utf8' });
  if (!existsSync(join(folder.path, 'dist/main.js'))) throw new Error(`cannot build the package:\n${stdout}`);
  if (status !== 0) say(`the package was built in spite of:\n${stdout}`);
  mkdirSync(join(folder.path, 'bin'));
  for (const file of ['package.json', 'bin/cordwood.js', 'bin/package.json']) {
    cpSync(join(ROOT, file), join(folder.path, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  return { bin: join(folder.path, 'bin/cordwood.js'), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}
