import { CordwoodError } from '../base/errors.ts';
import { openFilesLimit, RAISE_OPEN_FILES } from '../base/machine/open-files.ts';

/** Open files that the server needs even without a connection: its threads, the store, the spool and its listeners. */
const MIN_OPEN_FILES = 64;

/** @throws CordwoodError if the process may not open the files that it needs even without a connection */
export function checkOpenFiles(): void {
  const limit = openFilesLimit();
  if (limit >= MIN_OPEN_FILES) return;
  const reason = `the system's limit of open files is ${limit}, and the server needs at least ${MIN_OPEN_FILES}`;
  throw new CordwoodError('ERR_SPOOL', `cannot start: ${reason}; ${RAISE_OPEN_FILES}`);
}
