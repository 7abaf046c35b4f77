import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/**
 * Makes `dist/page`: what Vite bundles of `src/page`. npm runs this after `npm ci`. An installation without
 * development tools has no Vite; it keeps the page that the package brought.
 */
const root = join(import.meta.dirname, '..');
const hasVite = existsSync(join(root, 'node_modules/vite'));
const isAsked = process.env['npm_lifecycle_event'] !== 'prepare';

if (hasVite) {
  const { build } = await import('vite');
  await build({ configFile: join(root, 'scripts/vite.config.ts'), logLevel: 'warn' });
  compressFiles();
} else if (isAsked) {
  console.error('cannot build the page: Vite is not installed; run npm ci first');
  process.exitCode = 1;
}

/** Writes the copies that browsers are sent: to compress a file for each of them would take longer than to load it. */
function compressFiles(): void {
  for (const file of globSync(join(root, 'dist/page/**/*.{js,css,svg,html}'))) {
    const bytes = readFileSync(file);
    writeFileSync(`${file}.br`, brotliCompressSync(bytes));
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  }
}
