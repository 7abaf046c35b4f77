import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { rsyslogText } from '../../src/cli/tls/text.ts';
import { freePort } from '../support/ports.ts';
import { needsModules } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood, Server } from '../support/server.ts';
import { needsSyslogNg, SyslogNg } from '../support/syslog-ng.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const LONG = 'x'.repeat(9000);
const LINES = [
  '<38>Nov 22 16:20:01 web1 sshd[1234]: Accepted publickey m1',
  '<13>Nov 22 16:20:02 web1 cron: no pid here m2',
  `<86>Nov 22 16:20:03 web2 su: long ${LONG} m3`,
  '<30>Nov 22 16:20:04 web2 foo[7]: grüße aus köln m4',
];

type Row = Record<string, unknown> & { message: string; source: Record<string, unknown> };
type Way = {
  readonly name: string;
  readonly modules: readonly string[];
  readonly kind: 'tcp' | 'relp';
  /** The agent's own lines, from what `tls init` prints where there is such. */
  readonly config: (folder: string, port: number) => string;
};

const omfwd = (driver: 'ossl' | 'gtls'): Way => ({
  name: `omfwd by ${driver}`,
  modules: [`lmnsd_${driver}`],
  kind: 'tcp',
  config: (folder, port) =>
    rsyslogText('web1', 'localhost', driver).replaceAll('/etc/rsyslog.d/tls', folder).replace('"6514"', `"${port}"`),
});
const omrelp = (library: 'openssl' | 'gnutls'): Way => ({
  name: `omrelp by ${library}`,
  modules: ['omrelp'],
  kind: 'relp',
  config: (folder, port) => `
    module(load="omrelp" tls.tlslib="${library}")
    action(type="omrelp" target="localhost" port="${port}" template="RSYSLOG_SyslogProtocol23Format"
      tls="on" tls.caCert="${folder}/ca.pem" tls.myCert="${folder}/web1.pem" tls.myPrivKey="${folder}/web1.key"
      tls.authMode="name" tls.permittedPeer=["localhost"] action.resumeRetryCount="-1")`,
});

for (const way of [omfwd('ossl'), omfwd('gtls'), omrelp('openssl'), omrelp('gnutls')]) {
  test(`a real rsyslogd sends over TLS: ${way.name}, both sides by name`, {
    skip: needsModules(...way.modules),
  }, async () => {
    using folder = temporaryFolder();
    await made(folder.path);
    const allow = '[web1]';
    await using server = await serve(folder.path, way.kind, allow);
    const input = await freePort();
    const port = await server.port(`${way.kind}0`);
    await using agent = await Rsyslogd.start(folder.path, input, agentConfig(input, way.config(folder.path, port)));
    connect(input, '127.0.0.1').end(`${LINES.join('\n')}\n`);
    const rows = await until(`every line; rsyslogd says: ${agent.output}`, async () => {
      const found = await rowsOf(server.data);
      return found.length >= LINES.length && found;
    });
    checkFields(rows);
    const { ip, port: from, ...source } = rows[0]!.source;
    const transport = way.kind === 'tcp' ? 'tls' : 'relp';
    assert.deepEqual(source, { transport, listener: `${way.kind}0`, peer_cn: 'web1' });
    assert.equal(typeof from, 'number');
    assert.match(String(ip), /^(127\.0\.0\.1|::1)$/);
    assert.match(server.output, /0, TLS\).*cordwood agent print rsyslog --transport tls/s);
  });
}

test('a real syslog-ng sends over TLS, both sides by name', { skip: needsSyslogNg() }, async () => {
  using folder = temporaryFolder();
  await made(folder.path);
  await using server = await serve(folder.path, 'tcp', '[web1]');
  const input = await freePort();
  const tls = `tls(ca-file("${folder.path}/ca.pem") cert-file("${folder.path}/web1.pem")
    key-file("${folder.path}/web1.key") peer-verify(required-trusted))`;
  await using agent = new SyslogNg(
    folder.path,
    `options { keep-hostname(yes); use-dns(no); dns-cache(no); stats-freq(0); log-msg-size(65536); };
    source incoming { network(ip(127.0.0.1) port(${input}) transport(tcp)); };
    destination out { syslog("localhost" port(${await server.port('tcp0')}) transport(tls) ${tls}); };
    log { source(incoming); destination(out); };`,
  );
  await until('syslog-ng to listen', () => {
    const socket = connect(input, '127.0.0.1');
    return new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.once('connect', () => resolve(true)).end(`${LINES.join('\n')}\n`);
    });
  });
  const rows = await until(`every line; syslog-ng says: ${agent.output}`, async () => {
    const found = await rowsOf(server.data);
    return found.length >= LINES.length && found;
  });
  checkFields(rows);
  assert.equal(rows[0]!.source['peer_cn'], 'web1');
});

for (const way of [omfwd('gtls'), omrelp('openssl')]) {
  test(`a real rsyslogd whose name is not allowed is refused, and counted: ${way.name}`, {
    skip: needsModules(...way.modules),
  }, async () => {
    using folder = temporaryFolder();
    await made(folder.path);
    await using server = await serve(folder.path, way.kind, '[web2]');
    const input = await freePort();
    const port = await server.port(`${way.kind}0`);
    await using _agent = await Rsyslogd.start(folder.path, input, agentConfig(input, way.config(folder.path, port)));
    connect(input, '127.0.0.1').end(`${LINES[0]}\n`);
    const counter = `listen.${way.kind}0.connections.refused.tls_name`;
    await until('the refusal', async () => (await server.stats()).counters[counter]! > 0);
    assert.deepEqual(await rowsOf(server.data), []);
    assert.match(server.output, /TLS connection refused: tls\.allow does not list its certificate/);
  });
}

async function made(folder: string): Promise<void> {
  const { code, stderr } = await cordwood(['tls', 'init', '--dir', folder, '--name', 'localhost', '--client', 'web1']);
  assert.deepEqual([code, stderr], [0, '']);
}

function serve(folder: string, kind: string, allow: string): Promise<Server> {
  const config = join(folder, 'cordwood.yaml');
  const tls = `{cert: server.pem, key: server.key, ca: ca.pem, allow: ${allow}}`;
  writeFileSync(config, `listen:\n  - {kind: ${kind}, address: 'localhost:0', tls: ${tls}}\n`);
  return Server.start({ data: join(folder, 'data'), config });
}

function agentConfig(input: number, action: string): string {
  const [, globals = '', actions = action] = /^(global\([^)]*\))(.*)$/s.exec(action) ?? [];
  const [modules = '', rest = actions] = /^\s*(module\([^)]*\))(.*)$/s.exec(actions)?.slice(1) ?? [];
  return `
    global(maxMessageSize="64k")
    ${globals}
    ${modules}
    module(load="imtcp")
    input(type="imtcp" port="${input}" address="127.0.0.1" ruleset="all")
    ruleset(name="all") { ${rest} }`;
}

async function rowsOf(data: string): Promise<Row[]> {
  const query = 'm1 OR m2 OR m3 OR m4';
  const { stdout } = await cordwood(['search', '-S', 'all', '-o', 'json', '--data', data, query]);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line): Row => JSON.parse(line));
}

function checkFields(rows: readonly Row[]): void {
  assert.equal(rows.length, LINES.length, 'each line once');
  const fields = ({ facility, severity, hostname, appname, procid, format, message }: Row) => [
    facility,
    severity,
    hostname,
    appname,
    procid,
    format,
    message.trim(),
  ];
  assert.deepEqual(rows.map(fields), [
    [4, 6, 'web1', 'sshd', '1234', 'rfc5424', 'Accepted publickey m1'],
    [1, 5, 'web1', 'cron', undefined, 'rfc5424', 'no pid here m2'],
    [10, 6, 'web2', 'su', undefined, 'rfc5424', `long ${LONG} m3`],
    [3, 6, 'web2', 'foo', '7', 'rfc5424', 'grüße aus köln m4'],
  ]);
  for (const row of rows) assert.equal(new Date(String(row['timestamp'])).getUTCMinutes(), 20);
}
