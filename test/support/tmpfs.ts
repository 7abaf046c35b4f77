import { execFileSync } from 'node:child_process';
import { closeSync, openSync, statfsSync, writeSync } from 'node:fs';
import { needs } from './require.ts';
import { temporaryFolder } from './tmp.ts';

/** A small file system that is unmounted with its scope. @throws if mounting is not permitted */
export function tmpfs(bytes: number): { path: string } & Disposable {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder.path], { stdio: 'ignore' });
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
  const unmount = () => {
    execFileSync('umount', ['-l', folder.path]);
    folder[Symbol.dispose]();
  };
  return { path: folder.path, [Symbol.dispose]: unmount };
}

/** What `skip` of a test takes that mounts a file system. */
export function cannotMount(): string | false {
  try {
    tmpfs(1 << 20)[Symbol.dispose]();
    return false;
  } catch {
    return needs('permission to mount a tmpfs');
  }
}

/** Bytes that are free on the disk of a file. */
export function freeOn(path: string): number {
  const { bsize, bavail } = statfsSync(path);
  return bsize * bavail;
}

/** Takes all room that is left on a disk, in a file that grows. */
export function fillDisk(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let chunk = Buffer.alloc(1 << 20); chunk.length > 0; ) {
      try {
        writeSync(file, chunk);
      } catch {
        chunk = chunk.subarray(0, chunk.length >> 1);
      }
    }
  } finally {
    closeSync(file);
  }
}
