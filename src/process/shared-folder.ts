import { type Stats, statSync } from 'node:fs';
import type { Logger } from '../base/log.ts';

/** Permission of everybody to create, rename and delete what is in a folder. */
const OTHERS_WRITE = 0o002;
const ROOT = 0;

/** Warns about a data folder in which others could replace messages; the server starts all the same. */
export function warnIfShared(folder: string, log: Logger): void {
  const danger = dangerOf(statSync(folder), process.getuid?.() ?? ROOT);
  if (danger === undefined) return;
  log.warn(`the data folder ${folder} ${danger.what}, who can delete or forge messages; ${danger.remedy} ${folder}`);
}

/**
 * Who else can replace files in a folder: its owner, and everybody if its mode says so. A group is
 * not suspicious: volumes of containers are often writable by one.
 * @param user the user id that the server runs as
 */
export function dangerOf(
  { mode, uid }: Pick<Stats, 'mode' | 'uid'>,
  user: number,
): { readonly what: string; readonly remedy: string } | undefined {
  if (uid !== user && uid !== ROOT) {
    return { what: `belongs to another user (${uid})`, remedy: `to mend it: chown -R ${user}` };
  }
  if ((mode & OTHERS_WRITE) === 0) return undefined;
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return { what: `can be written by every user of this machine (mode ${octal})`, remedy: 'to mend it: chmod o-w' };
}
