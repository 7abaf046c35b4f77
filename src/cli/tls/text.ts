import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Outcome } from './files.ts';

/** What was made, and what to do with it: for people, ready to be copied. */
export function initText(folder: string, outcomes: readonly Outcome[], names: readonly string[]): string {
  const clients = outcomes.slice(2).map(({ file }) => basename(file, '.pem'));
  return [
    ...outcomes.map(({ file, what, expires }) => `${what}  ${file}  good until ${expires.toISOString().slice(0, 10)}`),
    '',
    `The server answers to ${names.join(', ')}. Its key must be readable for its user, and for nobody else:`,
    `  chown cordwood: ${join(folder, 'server.key')}`,
    `Keep ${join(folder, 'ca.key')} for further clients; the server does not need it.`,
    '',
    '# in /etc/cordwood/cordwood.yaml',
    listenerText(folder),
    ...agents(folder, clients, names[0]!),
  ].join('\n');
}

/** Whether clients have certificates of their own, by now or since an earlier run. */
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
    '# Clients show no certificate yet: anybody who reaches the port may send. To change that, make one for each:',
    `#   cordwood tls init --dir ${folder} --client web1`,
  ];
  return [copyText(folder, ['ca.pem']), rsyslogText(undefined, server), ...note, ''];
}

function copyText(folder: string, files: readonly string[], client = 'each agent'): string {
  const paths = files.map((file) => join(folder, file)).join(' ');
  return `# Copy to ${client}, into /etc/rsyslog.d/tls/: ${paths}\n# and there, in /etc/rsyslog.d/cordwood.conf:`;
}

/**
 * The rsyslog side: `ossl` is in the package rsyslog-openssl, `gtls` in rsyslog-gnutls; both take these lines. TLS is
 * on by StreamDriverMode only, and `x509/name` is what checks our name.
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
    `       StreamDriver="${driver}"  # of rsyslog-openssl; with rsyslog-gnutls: "gtls"`,
    '       StreamDriverMode="1" StreamDriverAuthMode="x509/name"',
    `       StreamDriverPermittedPeers="${server}"`,
    '       TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"',
    '       queue.type="LinkedList" queue.filename="fwd_cordwood" queue.saveOnShutdown="on"',
    '       action.resumeRetryCount="-1")',
    '',
  ].join('\n');
}
