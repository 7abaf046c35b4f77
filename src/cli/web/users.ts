import type { Users } from '../../api/access/manage.ts';
import { loadSettings, usersFileOf } from '../../config/index.ts';
import { usageError } from '../args/exit.ts';
import type { Flag } from '../args/flag.ts';
import { configOptions } from '../asking/ask.ts';
import type { Context } from '../asking/command.ts';

const ROLES = ['metrics', 'read', 'operate', 'admin'];
const RIGHTS = 'Rights';

/** Flags of a new user or token. */
export const RIGHTS_FLAGS: readonly Flag[] = [
  {
    name: 'role',
    value: 'ROLE',
    choices: ROLES,
    group: RIGHTS,
    help: 'metrics: /metrics only; read: search and look; operate: acknowledge, silence, hold; admin: release holds, too',
  },
  {
    name: 'only',
    value: 'QUERY',
    source: 'query',
    group: RIGHTS,
    help: 'show only messages that match this query, e.g. stream:web',
  },
];

/** What all users and tokens have in the help. */
export const RIGHTS_HELP =
  'Users and tokens are in a file beside the configuration, users.yaml (web: users: names another one). The server reads ' +
  'it again when it changes. A user of --only sees no accounts, hosts, alerts and figures, since these show more than messages.';

/** The file of users of this configuration, and the entries in it. */
export async function openUsers({ args, terminal, note }: Context): Promise<{ path: string; users: Users }> {
  const settings = await loadSettings(configOptions(args), terminal.env);
  const { readUsers } = await import('../../api/access/manage.ts');
  const path = await usersFileOf(settings);
  const users = readUsers(path);
  if (settings.file !== undefined && !settings.web)
    note('the web page is off: web: {} in the configuration turns it on');
  return { path, users };
}

/** The rights that the flags give. @throws CordwoodError ERR_USAGE if there is no role */
export function rightsOf({ args }: Context): { role: string; only?: string } {
  const role = args.text('role');
  if (role === undefined) throw usageError(`cannot add it without a role: give --role ${ROLES.join('|')}`);
  const only = args.text('only');
  return { role, ...(only !== undefined && { only }) };
}

/** The action and the name of `ACTION NAME` or `list`. @throws CordwoodError ERR_USAGE */
export function actionOf<Action extends string>(
  { args }: Context,
  command: string,
  actions: readonly Action[],
): readonly [Action | 'list', string] {
  const [word, name, extra] = args.words;
  if (word === 'list' && name === undefined) return ['list', ''];
  const action = actions.find((one) => one === word);
  if (action !== undefined && name !== undefined && extra === undefined) return [action, name];
  const forms = [...actions.map((one) => `${one} NAME`), 'list'].map((form) => `cordwood ${command} ${form}`);
  throw usageError(`cannot run ${command}: write ${forms.join(', ')}`);
}
