import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Args } from '../args/args.ts';
import type { Command } from '../asking/command.ts';
import { usageError } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import type { Wanted } from '../tls/files.ts';

const FOLDER = '/etc/cordwood/tls';
/** Three years. Public CAs must use less, but only our own agents have to accept this one. */
const DAYS = 1095;
const CERTIFICATES = 'Certificates';

/** `cordwood tls init`: creates a private CA and certificates. */
export const tls: Command = {
  name: 'tls',
  operands: 'init',
  actions: [{ name: 'init', about: 'creates what is missing: CA, server and clients' }],
  about: 'Creates a private CA and certificates for the server and for clients, and prints what to configure.',
  flags: [
    {
      name: 'dir',
      value: 'DIR',
      source: 'folder',
      group: CERTIFICATES,
      help: `the folder for the files; default: ${FOLDER}`,
    },
    {
      name: 'name',
      value: 'HOST',
      many: true,
      group: CERTIFICATES,
      help: "a name or address by which agents reach the server; may be repeated; default: this machine's name",
    },
    {
      name: 'client',
      value: 'NAME',
      many: true,
      group: CERTIFICATES,
      help: 'the name of a client, e.g. web1.example.org; may be repeated',
    },
    {
      name: 'days',
      value: 'N',
      group: CERTIFICATES,
      help: `how many days the certificates of the server and the clients are valid; default: ${DAYS}`,
    },
    ...COMMON_FLAGS.filter(({ name }) => name === 'help'),
  ],
  examples: [
    ['sudo cordwood tls init --name logs.example.org --client web1.example.org', 'a CA, the server and one client'],
    ['sudo cordwood tls init --client web2.example.org', 'later: one more client, signed by the same CA'],
    ['cordwood tls init --dir ./tls --name 127.0.0.1', 'to try it out on this machine'],
  ],
  epilogue:
    'Existing files are kept and never overwritten. To renew a certificate, move its two files away and run the command ' +
    'again; a running server notices. Keys are ECDSA on P-256, readable only by their owner.\n\n' +
    'Exit codes: 0 all files exist; 2 they cannot be created.',
  async run({ args, output }) {
    if (args.words.join(' ') !== 'init') throw usageError('cannot run tls: write cordwood tls init');
    const wanted = wantedOf(args);
    const { makeFiles } = await import('../tls/files.ts');
    const { isFor, namesInCertificate } = await import('../tls/server-names.ts');
    const file = join(wanted.folder, 'server.pem');
    const known = namesInCertificate(file);
    const missing = args.all('name').filter((name) => known && !isFor(known, name));
    if (missing.length > 0) {
      const reason = `its certificate is for ${known!.all.join(', ')}; to create a new one, move server.pem and server.key away`;
      throw usageError(`cannot add the server name ${missing.join(', ')}: ${reason}`);
    }
    const outcomes = makeFiles(wanted);
    const { initText } = await import('../tls/text.ts');
    await output.write(initText(wanted.folder, outcomes, namesInCertificate(file)!));
    return 0;
  },
};

function wantedOf(args: Args): Wanted {
  const names = args.all('name').map(checkedName);
  const clients = args.all('client').map(checkedName);
  for (const client of clients)
    if (['ca', 'server'].includes(client))
      throw usageError(
        `cannot create a client named ${client}: its files would replace those of the ${client === 'ca' ? 'CA' : client}`,
      );
  return {
    folder: resolve(args.text('dir') || FOLDER),
    caName: `Cordwood CA of ${hostname()}, ${new Date().toISOString().slice(0, 10)}`.slice(0, 64),
    names: names.length > 0 ? hostNamesFirst(names) : [checkedName(hostname())],
    clients,
    days: args.count('days', 1) ?? DAYS,
  };
}

/** rsyslog's driver ossl checks an address only if it is the common name, and that is the first name. */
function hostNamesFirst(names: readonly string[]): string[] {
  return [...names.filter((name) => !isIP(name)), ...names.filter((name) => isIP(name))];
}

/** Names become file names, and TLS compares them: no wildcards, no capitals. */
function checkedName(given: string): string {
  const name = given.toLowerCase();
  const label = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
  if (isIP(name) || (name.length <= 64 && new RegExp(`^${label}(\\.${label})*$`).test(name))) return name;
  throw usageError(
    `cannot create a certificate for ${JSON.stringify(given)}: it is neither a host name nor an IP address`,
  );
}
