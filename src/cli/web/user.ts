import { EXIT, EXIT_HELP, usageError } from '../args/exit.ts';
import { COMMON_FLAGS, outputFlag } from '../args/flags.ts';
import type { Command, Context } from '../asking/command.ts';
import { actionOf, openUsers, RIGHTS_FLAGS, RIGHTS_HELP, rightsOf } from './users.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { readPassword } from '../io/secret-input.ts';
import { table } from '../views/table.ts';

/** `cordwood user add|passwd|remove|list`: who may log in at the web page. */
export const user: Command = {
  name: 'user',
  operands: 'add NAME | passwd NAME | remove NAME | list',
  actions: [
    { name: 'add', operands: 'NAME', about: 'adds a user with a role, and asks for the password' },
    { name: 'passwd', operands: 'NAME', about: 'changes a password, which ends all sessions of the user' },
    { name: 'remove', operands: 'NAME', about: 'removes a user' },
    { name: 'list', about: 'lists users with their roles' },
  ],
  about: 'Manages who may log in at the web page: adds a user, changes a password, removes a user, lists all.',
  flags: [...RIGHTS_FLAGS, outputFlag(['text', 'json'], 'of list: a table, or one object per line'), ...COMMON_FLAGS],
  examples: [
    ['sudo cordwood user add ada --role admin', 'asks for the password; a script writes it to stdin'],
    ["sudo cordwood user add bob --role read --only 'stream:web'", 'shows bob messages of the stream web only'],
    ['sudo cordwood user passwd bob', 'change a password: it ends all sessions of the user'],
  ],
  epilogue: `${RIGHTS_HELP}\n\n${EXIT_HELP}`,
  async run(context) {
    const [action, name] = actionOf(context, 'user', ['add', 'passwd', 'remove'] as const);
    if (action === 'list') return await list(context);
    const { path, users } = await openUsers(context);
    const { editUsers, hashPassword } = await import('../../api/access/manage.ts');
    const known = Object.hasOwn(users.users, name) ? users.users[name] : undefined;
    if (action === 'add' && known)
      throw usageError(`cannot add ${name}: this user exists; cordwood user passwd changes the password`);
    if (action !== 'add' && !known) throw usageError(`cannot ${action} ${name}: no such user; cordwood user list`);
    if (action === 'remove') {
      editUsers(path, 'users', name, undefined);
      await context.output.write(`${name} is removed\n`);
      return EXIT.ok;
    }
    const rights = action === 'add' ? rightsOf(context) : known!;
    const password = await hashPassword(await readPassword(context.terminal));
    editUsers(path, 'users', name, { ...rights, password });
    await context.output.write(
      action === 'add' ? `${name} may log in, with the role ${rights.role}\n` : `the password of ${name} is changed\n`,
    );
    return EXIT.ok;
  },
};

async function list(context: Context): Promise<number> {
  const { users } = await openUsers(context);
  const rows = Object.entries(users.users).map(([name, { role, only, password }]) => ({
    name,
    role,
    ...(only !== undefined && { only }),
    password: password !== undefined,
  }));
  if (context.args.text('output') === 'json') {
    for (const row of rows) await context.output.write(`${visibleJson(JSON.stringify(row))}\n`);
  } else if (rows.length === 0) await context.output.write('no users\n');
  else {
    const cells = rows.map(({ name, role, only = '', password }) => [
      name,
      role,
      password ? 'yes' : 'no',
      visible(only),
    ]);
    await context.output.write(`${table([['user', 'role', 'password', 'sees only'], ...cells], 'l')}\n`);
  }
  return EXIT.ok;
}
