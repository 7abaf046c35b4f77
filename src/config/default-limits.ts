import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The default of `max_disk`, as journald's: this share of the file system, at most so many bytes. */
const SHARE = 0.1;
const MOST_BYTES = 50 * 2 ** 30;
/** The share of the file system that stays free. */
const FREE_SHARE = 0.15;

/** The limits of a data folder whose configuration has no `max_disk`; empty if its file system has no size. */
export function defaultLimits(data: string): { readonly maxDisk?: number; readonly keepFree?: number } {
  let folder = data;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bsize, blocks } = statfsSync(folder);
  const size = bsize * blocks;
  if (size === 0) return {};
  return { maxDisk: Math.floor(Math.min(size * SHARE, MOST_BYTES)), keepFree: Math.floor(size * FREE_SHARE) };
}
