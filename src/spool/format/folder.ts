import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { createFolder, syncFolder } from '../../base/files.ts';
import {
  listSegments,
  type RecordKeys,
  readSegmentHeader,
  recordKeys,
  type SegmentHeader,
  segmentPath,
} from './segment.ts';

/** A segment that is open for reading. `header` is undefined if it is damaged or was never written. */
export type OpenSegment = {
  readonly segment: number;
  readonly fd: number;
  readonly bytes: number;
  readonly header: SegmentHeader | undefined;
  readonly keys: RecordKeys;
};

/** @throws CordwoodError if a newer version wrote it; the system's error, ENOENT if it was deleted */
export function openSegment(folder: string, segment: number): OpenSegment {
  const path = segmentPath(folder, segment);
  const fd = openSync(path, 'r');
  try {
    const header = readSegmentHeader(fd, path);
    const nonce = header?.nonce ?? nonceOf(folder) ?? '';
    return { segment, fd, bytes: fstatSync(fd).size, header, keys: recordKeys(nonce, segment) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The header of a segment; undefined if it is damaged or the segment does not exist. */
export function headerOf(folder: string, segment: number): SegmentHeader | undefined {
  const path = segmentPath(folder, segment);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return readSegmentHeader(fd, path);
  } finally {
    closeSync(fd);
  }
}

/** The random id of the spool in a folder, from the file `nonce` or from a segment; undefined if neither has it. */
export function nonceOf(folder: string): string | undefined {
  const { nonce, sound } = readNonce(folder);
  return sound ? nonce : (nonceOfSegments(folder) ?? nonce);
}

/**
 * The content of the file `nonce`. It is sound if its checksum is right: with one wrong digit, the spool would be another
 * node, and everything in it would be stored again. Older versions wrote no checksum; a backup may lack the file.
 */
function readNonce(folder: string): { readonly nonce: string | undefined; readonly sound: boolean } {
  try {
    const text = readFileSync(noncePath(folder), 'latin1');
    const nonce = /^[0-9a-f]{32}\b/.exec(text)?.[0];
    return { nonce, sound: nonce !== undefined && text === nonceLine(nonce) };
  } catch {
    return { nonce: undefined, sound: false };
  }
}

/** Each segment has the nonce in its header, too. */
function nonceOfSegments(folder: string): string | undefined {
  for (const segment of listSegments(folder).reverse()) {
    const header = headerOf(folder, segment);
    if (header) return header.nonce;
  }
  return undefined;
}

/**
 * Creates the folder if it is missing. A folder without segments gets a new nonce, since its
 * sequence starts again at 1.
 */
export function prepareFolder(folder: string): { readonly nonce: string; readonly segments: readonly number[] } {
  createFolder(folder, 0o700);
  const segments = listSegments(folder);
  const known = segments.length > 0 ? nonceOf(folder) : undefined;
  const nonce = known ?? randomBytes(16).toString('hex');
  // A sound file stays: on a full disk it could not be written again.
  if (readNonce(folder).nonce !== nonce || !readNonce(folder).sound) {
    writeFileSync(noncePath(folder), nonceLine(nonce), { mode: 0o600, flush: true });
    syncFolder(folder);
  }
  return { nonce, segments };
}

function nonceLine(nonce: string): string {
  return `${nonce} ${crc32(nonce).toString(16).padStart(8, '0')}\n`;
}

export function noncePath(folder: string): string {
  return join(folder, 'nonce');
}
