import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import type { Outcome } from './files.ts';
import { expectedName, type ServerNames } from './server-names.ts';

/** What was created, and what to do with it, ready to be copied. */
export function initText(folder: string, outcomes: readonly Outcome[], names: ServerNames): string {
  const server = expectedName(names) ?? hostname();
  const clients = outcomes.slice(2).map(({ file }) => basename(file, '.pem'));
  return [
    ...outcomes.map(
      ({ file, what, expires }) => `${what.padEnd(7)}  ${file}  valid until ${expires.toISOString().slice(0, 10)}`,
    ),
    '',
    `The server's names are ${names.all.join(', ')}. Its key must be readable by its user, and by no one else:`,
    `  chown cordwood: ${join(folder, 'server.key')}`,
    `Keep ${join(folder, 'ca.key')} to create certificates for more clients; the server does not need it.`,
    '',
    '# in /etc/cordwood/cordwood.yaml',
    listenerText(folder),
    ...agents(folder, clients, server),
    ...otherNames(names, server),
  ].join('\n');
}

/** Whether any client has a certificate, from this run or an earlier one. */
function hasClients(folder: string): boolean {
  return readdirSync(folder).some((file) => file.endsWith('.pem') && !['ca.pem', 'server.pem'].includes(file));
}

function listenerText(folder: string): string {
  const files = ['cert: server.pem', 'key: server.key', ...(hasClients(folder) ? ['ca: ca.pem'] : [])];
  const tls = files.map((one) => one.replace(': ', `: ${folder}/`));
  return `listen:\n  - kind: tcp\n    address: "*:6514"\n    tls: {${tls.join(', ')}}\n`;
}

function agents(folder: string, clients: readonly string[], server: string): string[] {
  const texts = clients.flatMap((client) => [
    copyText(folder, ['ca.pem', `${client}.pem`, `${client}.key`], client),
    rsyslogText(client, server),
  ]);
  if (hasClients(folder)) return texts;
  const note = [
    '# Clients need no certificate yet: anyone who can reach the port may send. To change that, create one for each:',
    `#   cordwood tls init --dir ${folder} --client web1`,
  ];
  return [copyText(folder, ['ca.pem']), rsyslogText(undefined, server), ...note, ''];
}

/** What agents write that reach the server by another of its names. */
function otherNames({ all }: ServerNames, server: string): string[] {
  const others = all.filter((name) => name !== server);
  if (others.length === 0) return [];
  return [
    `# An agent that reaches the server as ${others.join(' or ')} changes target="…" only: StreamDriverPermittedPeers`,
    `# stays "${server}", because rsyslog's driver ossl accepts no other address of a certificate.`,
    '',
  ];
}

function copyText(folder: string, files: readonly string[], client = 'each agent'): string {
  const paths = files.map((file) => join(folder, file)).join(' ');
  return `# Copy to ${client}, into /etc/rsyslog.d/tls/: ${paths}\n# and put this into /etc/rsyslog.d/cordwood.conf there:`;
}

/**
 * The configuration of rsyslog. The driver `ossl` is in the package rsyslog-openssl, `gtls` in rsyslog-gnutls; both take
 * these lines. Only StreamDriverMode turns TLS on, and only `x509/name` checks the server's name.
 */
export function rsyslogText(client: string | undefined, server: string, driver: 'ossl' | 'gtls' = 'ossl'): string {
  const own =
    client === undefined
      ? []
      : [
          `       DefaultNetstreamDriverCertFile="/etc/rsyslog.d/tls/${client}.pem"`,
          `       DefaultNetstreamDriverKeyFile="/etc/rsyslog.d/tls/${client}.key"`,
        ];
  return [
    `${['global(DefaultNetstreamDriverCAFile="/etc/rsyslog.d/tls/ca.pem"', ...own].join('\n')})`,
    `action(type="omfwd" target="${server}" port="6514" protocol="tcp"`,
    `       StreamDriver="${driver}"  # from the package rsyslog-openssl; with rsyslog-gnutls: "gtls"`,
    '       StreamDriverMode="1" StreamDriverAuthMode="x509/name"',
    `       StreamDriverPermittedPeers="${server}"`,
    '       TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"',
    '       queue.type="LinkedList" queue.filename="fwd_cordwood" queue.saveOnShutdown="on"',
    '       action.resumeRetryCount="-1")',
    '',
  ].join('\n');
}
