import { closeSync, fchmodSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './errors.ts';

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
 * Replaces `server.pid`: three lines with the process id, the start time (ISO 8601) and the control
 * socket.
 */
export function writeServerPid(folder: string, { pid, since, socket }: RunningServer): void {
  const path = serverPidFile(folder);
  const descriptor = openSync(`${path}.new`, 'w', 0o640);
  try {
    fchmodSync(descriptor, 0o640);
    writeSync(descriptor, `${pid}\n${new Date(since).toISOString()}\n${socket}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
}

/**
 * Reads `server.pid`; undefined if it is missing or malformed. A killed server leaves the file
 * behind, so its process may have ended. @throws the system error if the file cannot be read
 */
export function readServerPid(folder: string): RunningServer | undefined {
  try {
    const [pid = '', since = '', socket = ''] = readFileSync(serverPidFile(folder), 'utf8').split('\n');
    return /^[1-9]\d*$/.test(pid) && socket ? { pid: Number(pid), since: Date.parse(since), socket } : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
