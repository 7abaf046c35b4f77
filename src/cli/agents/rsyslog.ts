import { type Agent, lossNote, type Target } from './contract.ts';

const FOLDER = '/etc/rsyslog.d';
const TLS = `${FOLDER}/tls`;

/**
 * rsyslogd, 8.24 or newer. Its queue goes to disk while the server is unreachable, survives a restart of the agent, and
 * retries without end. The format is RFC 5424: the traditional one cuts names at 32 bytes and has no year, time zone or
 * fraction of a second.
 */
export const rsyslog: Agent = {
  name: 'rsyslog',
  about: `a file for ${FOLDER}/`,
  transports: ['relp', 'tls', 'tcp', 'udp'],
  print(target) {
    const lines = target.transport === 'relp' ? relp(target) : forward(target);
    return `${lines.join('\n')}\n`;
  },
  notes(target) {
    const file = `${FOLDER}/60-cordwood.conf`;
    const packages = [
      ...(target.transport === 'relp' ? ['rsyslog-relp'] : []),
      ...(target.transport === 'tls' ? ['rsyslog-openssl'] : []),
    ];
    return [
      `put it into ${file}, then: rsyslogd -N1 && systemctl restart rsyslog`,
      'its queue is stored in the workDirectory of rsyslog.conf, which distributions set',
      ...packages.map((name) => `it needs the package ${name}`),
      ...(target.transport === 'tls' ? ['with the package rsyslog-gnutls instead, write StreamDriver="gtls"'] : []),
      ...(target.transport === 'relp' ? [] : [lossNote(target)]),
      ...(target.tls ? [certificates(target)] : []),
    ];
  },
};

const TRIES = 'action.resumeRetryCount="-1" action.resumeInterval="2" action.resumeIntervalMax="60"';
const TEMPLATE = 'template="RSYSLOG_SyslogProtocol23Format"';

function queue(name: string): string[] {
  return [
    `       queue.type="LinkedList" queue.filename="cordwood_${name}" queue.size="100000" queue.maxDiskSpace="2g"`,
    `       queue.saveOnShutdown="on" ${TRIES})`,
  ];
}

function relp({ host, port, tls, mutual, expected }: Target): string[] {
  const own = mutual ? ` tls.myCert="${TLS}/agent.pem" tls.myPrivKey="${TLS}/agent.key"` : '';
  const secure = [
    `       tls="on" tls.caCert="${TLS}/ca.pem"${own}`,
    `       tls.authMode="name" tls.permittedPeer=["${expected}"]`,
  ];
  return [
    tls ? 'module(load="omrelp" tls.tlslib="openssl")' : 'module(load="omrelp")',
    `action(type="omrelp" target="${host}" port="${port}" ${TEMPLATE}`,
    '       windowSize="1024" timeout="90" conn.timeout="10"',
    ...(tls ? secure : []),
    ...queue('relp'),
  ];
}

function forward({ host, port, transport, mutual, expected }: Target): string[] {
  if (transport === 'udp') {
    return [`action(type="omfwd" target="${host}" port="${port}" protocol="udp" ${TEMPLATE}`, ...queue('udp')];
  }
  const own = [
    `       DefaultNetstreamDriverCertFile="${TLS}/agent.pem"`,
    `       DefaultNetstreamDriverKeyFile="${TLS}/agent.key")`,
  ];
  const ca = `global(DefaultNetstreamDriverCAFile="${TLS}/ca.pem"`;
  const global = mutual ? [ca, ...own] : [`${ca})`];
  const secure = [
    '       StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name"',
    `       StreamDriverPermittedPeers="${expected}"`,
  ];
  return [
    ...(transport === 'tls' ? global : []),
    `action(type="omfwd" target="${host}" port="${port}" protocol="tcp" ${TEMPLATE}`,
    '       TCP_Framing="octet-counted" KeepAlive="on"',
    ...(transport === 'tls' ? secure : []),
    ...queue(transport),
  ];
}

function certificates({ mutual }: Target): string {
  const own = mutual ? ' and its own certificate and key as agent.pem and agent.key' : '';
  return `the agent needs the CA certificate of the server as ${TLS}/ca.pem${own}`;
}
