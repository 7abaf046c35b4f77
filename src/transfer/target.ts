import { CordwoodError } from '../base/errors.ts';
import type { Settings } from '../config/index.ts';
import { mongoSchema } from '../store/registry.ts';
import type { Target } from './contract.ts';

/** The command-line flag that sets each key of `store:`. */
const FLAGS: Readonly<Record<string, string>> = { uri: 'to', password: 'password-file' };

/**
 * The MongoDB that the flags name, or else the settings.
 * @throws CordwoodError ERR_USAGE, "cannot <verb>: …"
 */
export function targetOf(verb: string, settings: Settings, { uri, database, passwordFile }: Target): Settings['store'] {
  if (uri === undefined) {
    if (settings.store.kind === 'mongodb') return settings.store;
    const remedy = 'give --to mongodb://db1,db2,db3/?replicaSet=logs, or configure store:';
    throw new CordwoodError('ERR_USAGE', `cannot ${verb}: no target; ${remedy}`);
  }
  const password = passwordFile === undefined ? undefined : { file: passwordFile };
  const given = { kind: 'mongodb', uri, ...(database && { database }), ...(password && { password }) };
  const { data, error } = mongoSchema.safeParse(given);
  if (!data) {
    const [issue] = error.issues;
    const flag = FLAGS[String(issue?.path[0])] ?? issue?.path.join('.');
    throw new CordwoodError('ERR_USAGE', `cannot ${verb}: --${flag} ${issue?.message}`);
  }
  return data;
}
