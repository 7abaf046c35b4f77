import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CordwoodError, systemCode } from '../../base/errors.ts';
import { DAY } from '../../base/units.ts';
import type { FileFormat } from './sqlite.ts';

/** A file with messages of one stream that arrived on one UTC day. */
export type PartFile = {
  readonly path: string;
  readonly stream: string;
  /** `2026-11-22`. */
  readonly day: string;
  /** From 1; when a part has become large, the day continues in the next part. */
  readonly number: number;
};

/** `CwdB`. Version 2 may have blocks of templates, or of more than 4,096 rows; earlier programs read version 1. */
export const PART_FORMAT: FileFormat = { applicationId: 0x43776442, version: 2 };

const STREAM = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const PART = /^(\d{4}-\d\d-\d\d)-(\d{3,6})\.cwb$/;

/** The folder that holds a folder of parts for each stream. */
export function storeFolder(folder: string): string {
  return join(folder, 'store');
}

export function stateFile(folder: string): string {
  return join(folder, 'state.sqlite');
}

/** The UTC day of a time in ms. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The end of a day, ms. */
export function endOfDay(day: string): number {
  return Date.parse(day) + DAY;
}

/** @throws CordwoodError if a stream's name cannot be a folder's name */
export function checkStreamName(stream: string): void {
  if (STREAM.test(stream)) return;
  const rule = 'a name consists of a-z, 0-9, _ and -, begins with a letter or a digit, and has at most 64 characters';
  throw new CordwoodError('ERR_STORE', `cannot store stream ${JSON.stringify(stream)}: ${rule}`);
}

export function partFile(root: string, stream: string, day: string, number: number): PartFile {
  const name = `${day}-${String(number).padStart(3, '0')}.cwb`;
  return { path: join(root, stream, name), stream, day, number };
}

/** The streams that have a folder, by name. */
export function listStreams(root: string): string[] {
  return namesIn(root)
    .filter((name) => STREAM.test(name))
    .sort();
}

/** The parts of a stream in order of arrival. */
export function listParts(root: string, stream: string): PartFile[] {
  const parts: PartFile[] = [];
  for (const name of namesIn(join(root, stream))) {
    const match = PART.exec(name);
    if (match) parts.push({ path: join(root, stream, name), stream, day: match[1]!, number: Number(match[2]) });
  }
  return parts.sort(compareParts);
}

export function compareParts(a: PartFile, b: PartFile): number {
  return a.day < b.day ? -1 : a.day > b.day ? 1 : a.number - b.number;
}

/**
 * Deletes a part that this process does not have open. The -wal is deleted last; it must never
 * remain for a new file of the same name, which would use it as its own.
 */
export function removePart(path: string): void {
  for (const name of [path, `${path}-shm`, `${path}-wal`]) rmSync(name, { force: true });
}

/** Deletes the -wal and -shm of a deleted part, if the process was killed during `removePart`. */
export function removeLeftovers(path: string): void {
  if (!existsSync(path)) removePart(path);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}
