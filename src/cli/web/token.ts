import { formatFull, parseTime } from '../../query/index.ts';
import { EXIT, EXIT_HELP, usageError } from '../args/exit.ts';
import { COMMON_FLAGS, outputFlag } from '../args/flags.ts';
import type { Command, Context } from '../asking/command.ts';
import { actionOf, openUsers, RIGHTS_FLAGS, RIGHTS_HELP, rightsOf } from './users.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { table } from '../views/table.ts';

/** `cordwood token add|remove|list`: what programs log in with. */
export const token: Command = {
  name: 'token',
  operands: 'add NAME | remove NAME | list',
  actions: [
    { name: 'add', operands: 'NAME', about: 'makes a token and prints it, this once' },
    { name: 'remove', operands: 'NAME', about: 'removes a token' },
    { name: 'list', about: 'lists tokens with their roles and limits' },
  ],
  about: 'Manages tokens for programs that ask over the network: Prometheus, Grafana, scripts.',
  flags: [
    ...RIGHTS_FLAGS,
    {
      name: 'from',
      value: 'NETWORK',
      many: true,
      group: 'Rights',
      help: 'only from this address or network; may be repeated',
    },
    { name: 'expires', value: 'TIME', group: 'Rights', help: 'valid until then, e.g. 2027-11-01' },
    outputFlag(['text', 'json'], 'of list: a table, or one object per line'),
    ...COMMON_FLAGS,
  ],
  examples: [
    ['sudo cordwood token add prometheus --role metrics > prometheus.token', 'prints the token; it is shown this once'],
    [
      'sudo cordwood token add grafana --role read --from 10.0.0.7 --expires 2027-11-01',
      'limited to an address and a time',
    ],
  ],
  epilogue: `A program sends its token as Authorization: Bearer cw_…\n\n${RIGHTS_HELP}\n\n${EXIT_HELP}`,
  async run(context) {
    const [action, name] = actionOf(context, 'token', ['add', 'remove'] as const);
    if (action === 'list') return await list(context);
    const { path, users } = await openUsers(context);
    const { editUsers, makeToken, tokenHash } = await import('../../api/access/manage.ts');
    const isKnown = Object.hasOwn(users.tokens, name);
    if (action === 'add' && isKnown)
      throw usageError(`cannot add the token ${name}: a token of this name exists; remove it first`);
    if (action === 'remove' && !isKnown) throw usageError(`cannot remove the token ${name}: no such token`);
    if (action === 'remove') {
      editUsers(path, 'tokens', name, undefined);
      await context.output.write(`the token ${name} is removed\n`);
      return EXIT.ok;
    }
    const made = makeToken();
    editUsers(path, 'tokens', name, { ...rightsOf(context), sha256: tokenHash(made), ...limitsOf(context) });
    context.note(`the token ${name}; it is shown this once, and kept as a hash in ${path}`);
    await context.output.write(`${made}\n`);
    return EXIT.ok;
  },
};

/** Where and how long a token is valid. */
function limitsOf({ args, terminal }: Context): { from?: readonly string[]; expires?: string } {
  const from = args.all('from');
  const expires = args.text('expires');
  return {
    ...(from.length > 0 && { from }),
    ...(expires !== undefined && { expires: new Date(parseTime(expires, { now: terminal.now() })).toISOString() }),
  };
}

async function list(context: Context): Promise<number> {
  const { users } = await openUsers(context);
  const rows = Object.entries(users.tokens).map(([name, { sha256: _, ...rest }]) => ({ name, ...rest }));
  if (context.args.text('output') === 'json') {
    for (const row of rows) await context.output.write(`${visibleJson(JSON.stringify(row))}\n`);
  } else if (rows.length === 0) await context.output.write('no tokens\n');
  else {
    const cells = rows.map(({ name, role, from, expires, only }) => [
      name,
      role,
      from?.join(' ') ?? 'everywhere',
      expires === undefined ? 'never' : formatFull(expires),
      visible(only ?? ''),
    ]);
    await context.output.write(`${table([['token', 'role', 'from', 'expires', 'sees only'], ...cells], 'l')}\n`);
  }
  return EXIT.ok;
}
