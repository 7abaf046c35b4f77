import { readFileSync } from 'node:fs';

/** The package's version; its manifest lies above `src/` and `dist/` alike. */
export function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
