import { existsSync } from 'node:fs';
import { join } from 'node:path';

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
} else if (isAsked) {
  console.error('cannot build the page: Vite is not installed; run npm ci first');
  process.exitCode = 1;
}
