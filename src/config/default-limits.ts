import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The default of `max_disk`, as journald's `SystemMaxUse`: this share of the file system, within these bounds in bytes. */
const SHARE = 0.1;
const MOST_BYTES = 50 * 2 ** 30;
/** The least that `max_disk` may be. */
const LEAST_BYTES = 64 << 20;
/** The share of the file system that stays free, as journald's `SystemKeepFree`. */
const FREE_SHARE = 0.15;

/** Bytes that messages may take, and that they leave free. */
export type DefaultLimits = { readonly maxDisk?: number; readonly keepFree?: number };

/**
 * The limits of an embedded store whose configuration has neither `max_disk` nor `streams`.
 * @param data the data folder, which may not exist yet
 * @returns empty if the size of the file system is not known
 */
export function defaultLimits(data: string): DefaultLimits {
  let folder = data;
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    const { bsize, blocks } = statfsSync(folder);
    const size = bsize * blocks;
    if (size === 0) return {};
    return {
      maxDisk: Math.floor(Math.max(LEAST_BYTES, Math.min(size * SHARE, MOST_BYTES))),
      keepFree: Math.floor(size * FREE_SHARE),
    };
  } catch {
    return {};
  }
}
