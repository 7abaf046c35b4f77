import { chmodSync, chownSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CordwoodError, reasonOf, systemCode } from '../errors.ts';
import { syncFolder } from '../files.ts';

/**
 * Replaces a file as a whole: a reader meanwhile finds the old text or the new one. Owner, group and mode stay;
 * a new file has the group of its folder. @throws CordwoodError ERR_USAGE if that fails, or another process is at it
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const next = `${path}.new`;
  try {
    const old = statSync(path, { throwIfNoEntry: false });
    const { uid, gid } = old ?? { uid: process.geteuid!(), gid: statSync(dirname(path)).gid };
    const descriptor = openSync(next, 'wx', 0o600);
    try {
      if (process.geteuid!() === 0) chownSync(next, uid, gid);
      chmodSync(next, old ? old.mode & 0o777 : mode);
      writeSync(descriptor, text);
      fsyncSync(descriptor);
      renameSync(next, path);
    } catch (error) {
      rmSync(next, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
    syncFolder(dirname(path));
  } catch (error) {
    throw new CordwoodError('ERR_USAGE', `cannot write ${path}: ${remedyFor(error, next)}`, { cause: error });
  }
}

function remedyFor(error: unknown, next: string): string {
  const code = systemCode(error);
  if (code === 'EEXIST') return `another command is writing it; if none is, remove ${next}`;
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied; use sudo';
  return reasonOf(error);
}
