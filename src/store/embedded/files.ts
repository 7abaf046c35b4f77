import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CordwoodError, systemCode } from '../../base/errors.ts';
import type { FileFormat } from './sqlite.ts';

/** One file: some messages of one stream that arrived on one UTC day. */
export type PartFile = {
  readonly path: string;
  readonly stream: string;
  /** `2026-11-22`. */
  readonly day: string;
  /** From 1; a day goes on in its next part where one has become large. */
  readonly number: number;
};

/** `CwdB`. */
export const PART_FORMAT: FileFormat = { applicationId: 0x43776442, version: 1 };

const STREAM = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const PART = /^(\d{4}-\d\d-\d\d)-(\d{3,6})\.cwb$/;

/** Where the parts of all streams lie. */
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

/** When the day after `day` begins, ms. */
export function endOfDay(day: string): number {
  return Date.parse(day) + 86_400_000;
}

/** @throws CordwoodError where a name could not be that of a folder: only the configuration names streams */
export function checkStreamName(stream: string): void {
  if (STREAM.test(stream)) return;
  const rule = 'a name is a-z, 0-9, _ and -, begins with a letter or a digit, and has 64 characters at most';
  throw new CordwoodError('ERR_STORE', `cannot keep stream ${JSON.stringify(stream)}: ${rule}`);
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
 * Deletes a part that nothing of ours has open. The -wal goes last and is never left to a new file of the same name,
 * which would take it for its own.
 */
export function removePart(path: string): void {
  for (const name of [path, `${path}-shm`, `${path}-wal`]) rmSync(name, { force: true });
}

/** Deletes what a part that is gone left behind when the process died at `removePart`. */
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
