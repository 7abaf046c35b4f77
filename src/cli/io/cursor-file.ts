import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';

/** The cursor that an earlier search saved; undefined if the file does not exist yet. @throws CordwoodError ERR_USAGE */
export function readCursorFile(path: string): string | undefined {
  try {
    const cursor = readFileSync(path, 'utf8').trim();
    return cursor === '' ? undefined : cursor;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new CordwoodError('ERR_USAGE', `cannot read the cursor file ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Saves a cursor for the next search, atomically. @throws CordwoodError ERR_USAGE */
export function writeCursorFile(path: string, cursor: string): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, `${cursor}\n`, { flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new CordwoodError('ERR_USAGE', `cannot write the cursor file ${path}: ${reasonOf(error)}`, { cause: error });
  }
}
