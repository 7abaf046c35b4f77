import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Haproxy } from '../support/haproxy.ts';
import { freePort } from '../support/ports.ts';
import { find, needs, needsModules } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const FILE = join(import.meta.dirname, '../../etc/haproxy/haproxy.cfg');
/** HAProxy connects from here, so that its address and that of the agent differ. */
const BALANCER = '127.0.0.3';
const AGENT = '127.0.0.1';

/** Ways through HAProxy: the listener, its kind, whether over TLS, the version of the header. */
const WAYS = [
  { name: 'plain1', kind: 'tcp', tls: false, send: 'send-proxy' },
  { name: 'plain2', kind: 'tcp', tls: false, send: 'send-proxy-v2' },
  { name: 'tls1', kind: 'tcp', tls: true, send: 'send-proxy' },
  { name: 'tls2', kind: 'tcp', tls: true, send: 'send-proxy-v2-ssl-cn' },
  { name: 'relp1', kind: 'relp', tls: false, send: 'send-proxy' },
  { name: 'relp2', kind: 'relp', tls: true, send: 'send-proxy-v2' },
] as const;
type Way = (typeof WAYS)[number];

const skip = needs('haproxy') || needsModules('omrelp', 'lmnsd_ossl');
suite('a real HAProxy between a real rsyslogd and a real server', { skip }, () => {
  test('each line is once there, from the address of the agent, while max_age ends connections', async () => {
    using folder = temporaryFolder();
    await cordwood(['tls', 'init', '--dir', folder.path, '--name', 'localhost', '--client', 'web1']);
    const config = join(folder.path, 'cordwood.yaml');
    writeFileSync(config, `listen:\n${WAYS.map(listenerOf).join('')}`);
    await using server = await Server.start({ data: join(folder.path, 'data'), config });
    const ports = new Map<string, number>();
    const sections: string[] = [];
    for (const way of WAYS) {
      ports.set(way.name, await freePort());
      sections.push(sectionOf(way, ports.get(way.name)!, await server.port(way.name)));
    }
    const defaults = /^defaults\n(?: .*\n)*/m.exec(readFileSync(FILE, 'utf8'))![0];
    await using haproxy = await Haproxy.start(defaults + sections.join(''), folder.path, ports.get('relp2')!);
    const input = await freePort();
    const actions = WAYS.map((way) => actionOf(way, ports.get(way.name)!, folder.path)).join('');
    await using agent = await Rsyslogd.start(
      folder.path,
      input,
      `module(load="imtcp") module(load="omrelp" tls.tlslib="openssl")
      input(type="imtcp" port="${input}" address="127.0.0.1" ruleset="all")
      ruleset(name="all") { ${actions} }`,
    );
    const socket = connect(input, '127.0.0.1');
    const count = 300;
    for (let index = 0; index < count; index++) {
      socket.write(`<13>Nov 22 16:20:02 web1 app: line ${index} of all\n`);
      await sleep(12);
    }
    socket.end();
    const rows = await until(`all lines; rsyslogd: ${agent.output}; HAProxy: ${haproxy.output}`, async () => {
      const found = await rowsOf(server.data);
      return (
        new Set(found.map(({ listener, message }) => `${listener} ${message}`)).size === count * WAYS.length && found
      );
    });
    for (const { ip, listener } of rows) assert.equal(ip, AGENT, listener);
    const once = rows.filter(({ flags }) => !flags?.includes('possible_duplicate'));
    assert.equal(once.length, count * WAYS.length, 'no line twice but those that RELP sent again');
    const { counters } = await server.stats();
    for (const { name, kind, tls } of WAYS) {
      assert.equal(counters[`listen.${name}.connections.refused.proxy`], 0, name);
      // Over TLS, omfwd does not notice that the other side has ended: it stays, and loses nothing.
      const least = kind === 'tcp' && tls ? 1 : 2;
      assert.ok(counters[`listen.${name}.connections.closed.max_age`]! >= least, `${name}: asked to connect again`);
      assert.equal(counters[`listen.${name}.connections.refused.tls_hangup`], 0, `${name}: health checks are quiet`);
    }
    assert.doesNotMatch(server.output, /connection refused/);
  });

  test('HAProxy takes the file in etc/', () => {
    execFileSync(find('haproxy')!, ['-c', '-f', FILE], { stdio: 'pipe' });
  });
});

function listenerOf({ name, kind, tls }: Way): string {
  const secure = tls ? ', tls: {cert: server.pem, key: server.key, ca: ca.pem, allow: [web1]}' : '';
  return `  - {kind: ${kind}, name: ${name}, address: '127.0.0.1:0', allow: [${AGENT}, ${BALANCER}], proxy: [${BALANCER}], max_age: 1s${secure}}\n`;
}

function sectionOf({ name, send }: Way, port: number, to: number): string {
  return `frontend ${name}
  bind 127.0.0.1:${port}
  default_backend to_${name}
backend to_${name}
  source ${BALANCER}
  server receiver 127.0.0.1:${to} ${send} check inter 500
`;
}

function actionOf({ kind, tls }: Way, port: number, folder: string): string {
  const common = `target="localhost" port="${port}" template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" queue.type="LinkedList"`;
  if (kind === 'relp') {
    const secure = `tls="on" tls.caCert="${folder}/ca.pem" tls.myCert="${folder}/web1.pem" tls.myPrivKey="${folder}/web1.key" tls.authMode="name" tls.permittedPeer=["localhost"]`;
    return `action(type="omrelp" ${common} ${tls ? secure : ''})\n`;
  }
  const secure = `StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"
    StreamDriver.CAFile="${folder}/ca.pem" StreamDriver.CertFile="${folder}/web1.pem" StreamDriver.KeyFile="${folder}/web1.key"`;
  return `action(type="omfwd" protocol="tcp" TCP_Framing="octet-counted" ${common} ${tls ? secure : ''})\n`;
}

type Row = { readonly message: string; readonly ip: string; readonly listener: string; readonly flags?: string[] };

async function rowsOf(data: string): Promise<Row[]> {
  const { stdout } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', data, '"of all"']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { message, source, flags } = JSON.parse(line);
      return { message: message.trim(), ip: source.ip, listener: source.listener, flags };
    });
}
