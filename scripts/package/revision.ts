import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './program.ts';

/** What is packed, and when it was committed. */
export type Revision = {
  /** As Debian compares versions: deb-version(7). */
  readonly version: string;
  /** Seconds since 1970: https://reproducible-builds.org/specs/source-date-epoch/ */
  readonly epoch: number;
};

/**
 * The version is that of package.json if its commit has the tag `v<version>`. Otherwise the time and the name of the
 * commit follow, so that of two packages the one of the later commit replaces the other.
 * @throws if neither git nor SOURCE_DATE_EPOCH tells the time
 */
export function revision(env: Readonly<Record<string, string | undefined>> = process.env): Revision {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const given = env['SOURCE_DATE_EPOCH'];
  const [committed = '', name = ''] = git('log', '-1', '--format=%ct %h', '--abbrev=8').split(' ');
  const epoch = Number(given ?? (committed || undefined));
  if (!Number.isSafeInteger(epoch)) {
    const reason = given === undefined ? 'this is no checkout of git' : `SOURCE_DATE_EPOCH is ${given}`;
    throw new Error(`cannot tell the time of the commit: ${reason}; set SOURCE_DATE_EPOCH to its seconds since 1970`);
  }
  if (name === '' || git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`)) return { version, epoch };
  const at = new Date(Number(committed) * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
  return { version: `${version}+git${at}.${name}`, epoch };
}

/** What git prints; nothing if this is no checkout. */
function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
