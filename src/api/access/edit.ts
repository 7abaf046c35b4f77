import { readFileSync } from 'node:fs';
import { CordwoodError } from '../../base/errors.ts';
import { replaceFile } from '../../base/machine/replace-file.ts';
import { formatPath, validate } from '../../base/validate.ts';
import { withValueAt } from '../../base/yaml/edit.ts';
import { readYaml } from '../../base/yaml/yaml.ts';
import { readUsers } from './users.ts';
import { conflictsIn, usersSchema } from './users-schema.ts';

/** Only the owner writes the file; its group, that of the server, reads it. */
const MODE = 0o640;

const HEAD =
  '# Users and tokens of the web page: cordwood user, cordwood token. The server reads it again when it changes.\n';

/**
 * Sets or removes (undefined) an entry of the file of users, which is made if it does not exist.
 * @throws CordwoodError ERR_CONFIG if the file cannot be used, ERR_USAGE if the entry is not valid or cannot be written
 */
export function editUsers(path: string, list: 'users' | 'tokens', name: string, entry: object | undefined): void {
  readUsers(path);
  const before = textOf(path);
  const after = withValueAt(before ?? HEAD, [list, name], entry);
  const result = validate(usersSchema, readYaml(after).value);
  const faults = 'faults' in result ? result.faults : conflictsIn(result.value);
  if (faults.length > 0) {
    const lines = faults.map((fault) => `${formatPath(fault.path)}: ${fault.message}`);
    throw new CordwoodError('ERR_USAGE', `cannot write ${name} to ${path}: ${lines.join('; ')}`);
  }
  replaceFile(path, after, MODE);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
