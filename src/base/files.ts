import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/**
 * Mode of the data folder: the operators' group reaches the control socket in it, its files are
 * private to the server.
 */
export const DATA_FOLDER_MODE = 0o750;

/**
 * Creates a folder and its missing parents, durably; an existing folder keeps its mode.
 * Trap: Node's own `recursive` never returns if an existing parent accepts no folders (`/proc`).
 */
export function createFolder(path: string, mode: number): void {
  if (existsSync(path)) return;
  createFolder(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  syncFolder(dirname(path));
}

/** Fsyncs a folder: names of new files survive a power loss only after that. */
export function syncFolder(path: string): void {
  syncFile(path);
}

/** `syncFolder` for a thread that must not wait for the disk. */
export async function syncFolderAsync(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/**
 * Fsyncs a file. Trap: never use it on a SQLite database itself. Closing any descriptor of a
 * database drops the locks that SQLite holds in this process (POSIX advisory locks). The -wal file
 * carries no locks.
 */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
