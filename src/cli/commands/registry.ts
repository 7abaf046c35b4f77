import type { Command } from '../asking/command.ts';

/** A command as the help lists it; its code is loaded when it is used. */
export type CommandEntry = {
  readonly name: string;
  readonly about: string;
  /** Whether Ctrl-C is its own affair. */
  readonly handlesSignals?: true;
  readonly load: () => Promise<Command>;
};

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'search', about: 'find messages and show them', load: async () => (await import('./search.ts')).search },
  { name: 'count', about: 'count messages', load: async () => (await import('./count.ts')).count },
  { name: 'hist', about: 'draw messages over time', load: async () => (await import('./hist.ts')).hist },
  { name: 'top', about: 'the commonest values of a field', load: async () => (await import('./top.ts')).top },
  { name: 'fields', about: 'the fields that messages have', load: async () => (await import('./fields.ts')).fields },
  {
    name: 'stats',
    about: 'what is stored, what listens, what was dropped',
    load: async () => (await import('./stats.ts')).stats,
  },
  {
    name: 'hosts',
    about: 'every host that ever sent, and which are silent',
    load: async () => (await import('./hosts.ts')).hosts,
  },
  {
    name: 'alert',
    about: 'what is firing and was told; say that somebody knows',
    load: async () => (await import('./alert.ts')).alert,
  },
  {
    name: 'dead-letter',
    about: 'messages that the store refuses',
    load: async () => (await import('./dead-letter.ts')).deadLetter,
  },
  {
    name: 'nodes',
    about: 'the receivers that fill the store',
    load: async () => (await import('./nodes.ts')).nodes,
  },
  {
    name: 'account',
    about: 'what was received, and what became of it',
    load: async () => (await import('./account.ts')).account,
  },
  {
    name: 'streams',
    about: 'what each stream holds, how it grows, what expires',
    load: async () => (await import('./streams.ts')).streams,
  },
  {
    name: 'hold',
    about: 'pin messages against expiry',
    load: async () => (await import('./hold.ts')).hold,
  },
  { name: 'parse', about: 'show what becomes of lines on stdin', load: async () => (await import('./parse.ts')).parse },
  {
    name: 'agent',
    about: 'print a configuration for those who send, and verify that a host is heard',
    load: async () => (await import('./agent.ts')).agent,
  },
  {
    name: 'copy',
    about: 'move what the embedded store holds into MongoDB',
    load: async () => (await import('./copy.ts')).copy,
  },
  {
    name: 'check-config',
    about: 'check the configuration and say what serve would do',
    load: async () => (await import('./check-config.ts')).checkConfig,
  },
  {
    name: 'tls',
    about: 'make certificates: a private CA, the server, clients',
    load: async () => (await import('./tls.ts')).tls,
  },
  {
    name: 'serve',
    about: 'receive messages and answer questions',
    handlesSignals: true,
    load: async () => (await import('./serve.ts')).serve,
  },
];
