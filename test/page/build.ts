import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist/page/index.html');
/** A folder exists once: who makes it builds, and the others wait. */
const LOCK = join(ROOT, 'node_modules/.page-build');
/** A build takes seconds; a lock older than this was left behind, ms. */
const STALE = 120_000;

/** Builds the page unless it is newer than its sources. Several test files may ask for it at the same time. */
export async function buildPage(): Promise<void> {
  await until(
    'the page to be built',
    () => {
      if (isLocked()) return false;
      if (isFresh()) return true;
      buildAlone();
      return isFresh();
    },
    STALE,
  );
}

function isFresh(): boolean {
  if (!existsSync(BUILT)) return false;
  const built = statSync(BUILT).mtimeMs;
  const sources = globSync('{src/page/**/*.*,src/base/text/*.ts,scripts/{page,vite.config}.ts}', { cwd: ROOT });
  return sources.every((file) => statSync(join(ROOT, file)).mtimeMs <= built);
}

function isLocked(): boolean {
  const age = existsSync(LOCK) ? Date.now() - statSync(LOCK).mtimeMs : undefined;
  if (age !== undefined && age > STALE) rmdirSync(LOCK);
  return age !== undefined && age <= STALE;
}

function buildAlone(): void {
  try {
    mkdirSync(LOCK);
  } catch {
    return;
  }
  try {
    execFileSync(process.execPath, [join(ROOT, 'scripts/page.ts')], { cwd: ROOT, stdio: 'pipe' });
  } finally {
    rmdirSync(LOCK);
  }
}
