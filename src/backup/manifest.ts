import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import { syncFolder } from '../base/files.ts';

/** What `backup.json` says of a backup; it is written last, so that a backup that was interrupted has none. */
export type Manifest = {
  /** Of this file. */
  readonly format: 1;
  /** The version of Cordwood that made it. */
  readonly version: string;
  /** The data folder that it is a copy of. */
  readonly source: string;
  /** ms: every message that arrived up to here is in it. */
  readonly until: number;
  /** The last sequence in its spool; 0 if none. */
  readonly sequence: number;
};

export const MANIFEST = 'backup.json';

export function writeManifest(folder: string, manifest: Manifest): void {
  const text = JSON.stringify({ ...manifest, untilTime: new Date(manifest.until).toISOString() }, undefined, 2);
  writeFileSync(join(folder, MANIFEST), `${text}\n`, { flag: 'wx', mode: 0o600, flush: true });
  syncFolder(folder);
}

/** @throws CordwoodError ERR_CONFIG if the folder is not a whole backup, ERR_DATA_VERSION if a newer version made it */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) {
    const reason = `it has no ${MANIFEST}, which cordwood backup writes last`;
    throw new CordwoodError(
      'ERR_CONFIG',
      `cannot restore ${folder}: ${reason}; name the folder of a backup that ended`,
    );
  }
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CordwoodError('ERR_CONFIG', `cannot read ${path}: ${reasonOf(error)}; use another backup`);
  }
  if (manifest.format === 1) return manifest;
  const reason = `version ${manifest.version} made it, which is newer`;
  throw new CordwoodError('ERR_DATA_VERSION', `cannot restore ${folder}: ${reason}; use that version of cordwood`);
}
