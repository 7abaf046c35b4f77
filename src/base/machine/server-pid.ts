import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';

/** The server that holds a data folder, as its `server.pid` describes it. */
export type RunningServer = {
  readonly pid: number;
  /** When it locked the folder, ms since 1970. */
  readonly since: number;
  /** Path of its control socket. */
  readonly socket: string;
};

export function serverPidFile(folder: string): string {
  return join(folder, 'server.pid');
}

/**
 * Replaces `server.pid`: lines with the process id, the start time (ISO 8601), the control socket,
 * the folder, and the folder's device and inode. A copy of the folder has others.
 */
export function writeServerPid(folder: string, server: RunningServer): void {
  try {
    replaceServerPid(folder, server);
  } catch (error) {
    rmSync(`${serverPidFile(folder)}.new`, { force: true });
    throw error;
  }
}

function replaceServerPid(folder: string, { pid, since, socket }: RunningServer): void {
  const path = serverPidFile(folder);
  // A new file: a link that stands there is not followed.
  rmSync(`${path}.new`, { force: true });
  const descriptor = openSync(`${path}.new`, 'wx', 0o640);
  try {
    fchmodSync(descriptor, 0o640);
    const lines = [pid, new Date(since).toISOString(), socket, folder, inodeOf(folder)];
    writeSync(descriptor, `${lines.join('\n')}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
}

/**
 * Reads `server.pid`; undefined if it is missing, malformed or that of another folder, of which
 * this one is a copy. A killed server leaves the file behind, so its process may have ended. @throws the system error if the file cannot be read
 */
export function readServerPid(folder: string): RunningServer | undefined {
  const [pid = '', since = '', socket = '', , inode = ''] = readLines(folder);
  if (!/^[1-9]\d*$/.test(pid) || !socket || isForeign(folder, inode)) return undefined;
  return { pid: Number(pid), since: Date.parse(since), socket };
}

/** The folder that this one is a copy of, if its `server.pid` came with the copy. @throws as `readServerPid` */
export function copiedFrom(folder: string): string | undefined {
  const [, , , original = '', inode = ''] = readLines(folder);
  return isForeign(folder, inode) ? original : undefined;
}

/** Earlier versions wrote no inode. */
function isForeign(folder: string, inode: string): boolean {
  return inode !== '' && inode !== inodeOf(folder);
}

/** With its device: the root of a file system has the same inode in a snapshot of it. */
function inodeOf(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `${dev}:${ino}`;
}

function readLines(folder: string): string[] {
  try {
    return readFileSync(serverPidFile(folder), 'utf8').split('\n');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
