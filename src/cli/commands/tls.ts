import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Args } from '../args/args.ts';
import type { Command } from '../asking/command.ts';
import { usageError } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import type { Wanted } from '../tls/files.ts';

const FOLDER = '/etc/cordwood/tls';
/** Three years: nobody but us and our agents has to agree with it. */
const DAYS = 1095;
const WHAT = 'What is made';

/** `cordwood tls init`: certificates for those who have none. */
export const tls: Command = {
  name: 'tls',
  operands: 'init',
  about: 'Makes a private CA, a certificate for the server and some for clients, and prints what to configure.',
  flags: [
    { name: 'dir', value: 'DIR', group: WHAT, help: `the folder of the files; ${FOLDER} by default` },
    {
      name: 'name',
      value: 'HOST',
      many: true,
      group: WHAT,
      help: "a name or address that agents know the server by; this machine's name by default; repeat for several",
    },
    {
      name: 'client',
      value: 'NAME',
      many: true,
      group: WHAT,
      help: 'a client, e.g. web1.example.org; repeat for several',
    },
    {
      name: 'days',
      value: 'N',
      group: WHAT,
      help: `how long certificates of server and clients are good; ${DAYS} by default`,
    },
    ...COMMON_FLAGS.filter(({ name }) => name === 'help'),
  ],
  examples: [
    ['sudo cordwood tls init --name logs.example.org --client web1.example.org', 'a CA, the server and one client'],
    ['sudo cordwood tls init --client web2.example.org', 'later: one client more, by the same CA'],
    ['cordwood tls init --dir ./tls --name 127.0.0.1', 'to try it out'],
  ],
  epilogue:
    'What is there already is kept and never overwritten: to renew a certificate, move its two files away and run the command again; a running ' +
    'server notices. Keys are ECDSA on P-256, readable for their owner only. Exit codes: 0 all of it is there; 2 it cannot be made.',
  async run({ args, output }) {
    if (args.words.join(' ') !== 'init') throw usageError('cannot run tls: what there is, is cordwood tls init');
    const wanted = wantedOf(args);
    const { makeFiles, serverNames } = await import('../tls/files.ts');
    const known = serverNames(wanted.folder);
    const missing = args.all('name').filter((name) => known && !known.includes(name));
    if (missing.length > 0) {
      const reason = `its certificate is good for ${known!.join(', ')}; to have another made, move server.pem and server.key away`;
      throw usageError(`cannot name the server ${missing.join(', ')}: ${reason}`);
    }
    const outcomes = makeFiles(wanted);
    const { initText } = await import('../tls/text.ts');
    await output.write(initText(wanted.folder, outcomes, known ?? wanted.names));
    return 0;
  },
};

function wantedOf(args: Args): Wanted {
  const names = args.all('name').map(checkedName);
  const clients = args.all('client').map(checkedName);
  for (const client of clients)
    if (['ca', 'server'].includes(client))
      throw usageError(`cannot name a client ${client}: its files would be the ${client}'s`);
  return {
    folder: resolve(args.text('dir') || FOLDER),
    caName: `Cordwood CA of ${hostname()}, ${new Date().toISOString().slice(0, 10)}`.slice(0, 64),
    names: names.length > 0 ? names : [checkedName(hostname())],
    clients,
    days: args.count('days', 1) ?? DAYS,
  };
}

/** Names become those of files, and are what is compared: no wildcards, no capitals. */
function checkedName(given: string): string {
  const name = given.toLowerCase();
  const label = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
  if (isIP(name) || (name.length <= 64 && new RegExp(`^${label}(\\.${label})*$`).test(name))) return name;
  throw usageError(
    `cannot make a certificate for ${JSON.stringify(given)}: it is neither a host's name nor an address`,
  );
}
