import type { Command, Summarised } from '../asking/command.ts';

/** A command as the help lists it; its code is loaded when it is used. */
export type CommandEntry = {
  readonly name: string;
  readonly group: CommandGroup;
  readonly about: string;
  /** Whether the command handles Ctrl-C itself. */
  readonly handlesSignals?: true;
  readonly load: () => Promise<Command>;
};

export const GROUPS = ['Search', 'Server', 'Monitor', 'Storage', 'Senders'] as const;
type CommandGroup = (typeof GROUPS)[number];

/** What only programs run: the help does not list it. */
const HIDDEN: readonly Omit<CommandEntry, 'group' | 'about'>[] = [
  { name: 'complete', load: async () => (await import('../completion/complete.ts')).complete },
];

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'search',
    group: 'Search',
    about: 'find messages and show them; -f follows',
    load: async () => (await import('./search.ts')).search,
  },
  {
    name: 'count',
    group: 'Search',
    about: 'count messages',
    load: async () => (await import('./count.ts')).count,
  },
  {
    name: 'hist',
    group: 'Search',
    about: 'draw how many messages arrived over time',
    load: async () => (await import('./hist.ts')).hist,
  },
  {
    name: 'top',
    group: 'Search',
    about: 'list the most common values of a field',
    load: async () => (await import('./top.ts')).top,
  },
  {
    name: 'fields',
    group: 'Search',
    about: 'list the fields that messages have',
    load: async () => (await import('./fields.ts')).fields,
  },
  {
    name: 'serve',
    group: 'Server',
    about: 'run the server: receive, store, answer, alert',
    handlesSignals: true,
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'web',
    group: 'Server',
    about: 'print a link that logs in at the web page',
    load: async () => (await import('../web/web.ts')).web,
  },
  {
    name: 'user',
    group: 'Server',
    about: 'manage who may log in at the web page',
    load: async () => (await import('../web/user.ts')).user,
  },
  {
    name: 'token',
    group: 'Server',
    about: 'manage tokens for programs that ask over the network',
    load: async () => (await import('../web/token.ts')).token,
  },
  {
    name: 'check-config',
    group: 'Server',
    about: 'check the configuration, and show what serve would do',
    load: async () => (await import('./check-config.ts')).checkConfig,
  },
  {
    name: 'completion',
    group: 'Server',
    about: 'print the completion of bash, zsh or fish',
    load: async () => (await import('../completion/completion.ts')).completion,
  },
  {
    name: 'alert',
    group: 'Monitor',
    about: 'show what is firing; acknowledge, silence, test rules',
    load: async () => (await import('./alert.ts')).alert,
  },
  {
    name: 'hosts',
    group: 'Monitor',
    about: 'list hosts: which are silent, whose clock is wrong',
    load: async () => (await import('./hosts.ts')).hosts,
  },
  {
    name: 'stats',
    group: 'Monitor',
    about: 'show what is stored, what listens, what was dropped',
    load: async () => (await import('./stats.ts')).stats,
  },
  {
    name: 'account',
    group: 'Monitor',
    about: 'show what was received and what became of it',
    load: async () => (await import('./account.ts')).account,
  },
  {
    name: 'nodes',
    group: 'Monitor',
    about: 'list the receivers that write to the store',
    load: async () => (await import('./nodes.ts')).nodes,
  },
  {
    name: 'forward',
    group: 'Monitor',
    about: 'show how far each destination is; test one, move its place',
    load: async () => (await import('./forward.ts')).forward,
  },
  {
    name: 'streams',
    group: 'Storage',
    about: 'show what each stream holds, how it grows, what expires',
    load: async () => (await import('./streams.ts')).streams,
  },
  {
    name: 'hold',
    group: 'Storage',
    about: 'keep messages from expiring',
    load: async () => (await import('./hold.ts')).hold,
  },
  {
    name: 'dead-letter',
    group: 'Storage',
    about: 'list messages that the store refuses; try them again',
    load: async () => (await import('../data/dead-letter.ts')).deadLetter,
  },
  {
    name: 'backup',
    group: 'Storage',
    about: 'copy the data folder of a running server',
    load: async () => (await import('../data/backup.ts')).backup,
  },
  {
    name: 'restore',
    group: 'Storage',
    about: 'put a backup in place as the data folder',
    load: async () => (await import('../data/restore.ts')).restore,
  },
  {
    name: 'copy',
    group: 'Storage',
    about: 'copy the embedded store to MongoDB',
    load: async () => (await import('../data/copy.ts')).copy,
  },
  {
    name: 'convert',
    group: 'Storage',
    about: 'convert what an earlier build wrote to MongoDB',
    load: async () => (await import('../data/convert.ts')).convert,
  },
  {
    name: 'agent',
    group: 'Senders',
    about: "print a sender's configuration; check what a host sends",
    load: async () => (await import('./agent.ts')).agent,
  },
  {
    name: 'tls',
    group: 'Senders',
    about: 'create certificates: a private CA, the server, clients',
    load: async () => (await import('./tls.ts')).tls,
  },
  {
    name: 'parse',
    group: 'Senders',
    about: 'show how lines from stdin would be stored',
    load: async () => (await import('./parse.ts')).parse,
  },
];

/** The command of a name, also one that the help does not list. */
export function findCommand(name: string): Pick<CommandEntry, 'load' | 'handlesSignals'> | undefined {
  return [...COMMANDS, ...HIDDEN].find((one) => one.name === name);
}

/** All commands that the help lists, loaded. */
export async function loadCommands(): Promise<readonly Summarised[]> {
  return Promise.all(COMMANDS.map(async ({ load, about }) => ({ ...(await load()), summary: about })));
}
