import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { needsModules } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** The names given to `tls init`, the host that agents connect to, and the name they must expect. */
const NAMES: readonly (readonly [names: readonly string[], host: string, expected: string])[] = [
  [['127.0.0.1', 'localhost'], 'localhost', 'localhost'],
  [['127.0.0.1', 'localhost'], '127.0.0.1', 'localhost'],
  [['127.0.0.1'], '127.0.0.1', '127.0.0.1'],
  [['127.0.0.9', '127.0.0.1'], '127.0.0.1', '127.0.0.9'],
];

for (const driver of ['ossl', 'gtls'] as const) {
  for (const [names, host, expected] of NAMES) {
    test(`rsyslogd with ${driver} and what agent print prints reaches ${host}, if the certificate is for ${names.join(', ')}`, {
      skip: needsModules(`lmnsd_${driver}`),
    }, async () => {
      using folder = temporaryFolder();
      const config = await made(folder.path, names);
      await using server = await Server.start({ data: join(folder.path, 'data'), config });
      const port = String(await server.port('tcp0'));
      const { stdout } = await printed(config, host, port);
      assert.match(stdout, new RegExp(`target="${host}".*StreamDriverPermittedPeers="${expected}"`, 's'));
      const agent = await sender(folder.path, stdout.replace('"ossl"', `"${driver}"`));
      await using _rsyslogd = agent.rsyslogd;
      connect(agent.input, '127.0.0.1').end('<13>Nov 29 18:01:31 web1 app: it arrived\n');
      await until(`the line; rsyslogd says: ${agent.rsyslogd.output}`, () => hasArrived(server.data));
    });
  }

  for (const digest of ['sha1', 'sha256'] as const) {
    test(`rsyslogd with ${driver} accepts the server by its ${digest} fingerprint`, {
      skip: needsModules(`lmnsd_${driver}`),
    }, async () => {
      using folder = temporaryFolder();
      const config = await made(folder.path, ['192.0.2.1']);
      await using server = await Server.start({ data: join(folder.path, 'data'), config });
      const { stdout } = await printed(config, '127.0.0.1', String(await server.port('tcp0')));
      const certificate = new X509Certificate(readFileSync(join(folder.path, 'server.pem')));
      const hex = digest === 'sha1' ? certificate.fingerprint : certificate.fingerprint256;
      const text = stdout
        .replace('"ossl"', `"${driver}"`)
        .replace('x509/name', 'x509/fingerprint')
        .replace('Peers="192.0.2.1"', `Peers="${digest.toUpperCase()}:${hex}"`);
      const agent = await sender(folder.path, text);
      await using _rsyslogd = agent.rsyslogd;
      connect(agent.input, '127.0.0.1').end('<13>Nov 29 18:01:31 web1 app: it arrived\n');
      await until(`the line; rsyslogd says: ${agent.rsyslogd.output}`, () => hasArrived(server.data));
    });
  }
}

test('agent print says if the certificate is not for the host', async () => {
  using folder = temporaryFolder();
  const config = await made(folder.path, ['localhost']);
  const { stdout, stderr } = await printed(config, 'logs', '6514');
  assert.match(stdout, /target="logs".*StreamDriverPermittedPeers="localhost"/s);
  assert.match(stderr, /the server's certificate is for localhost, not for logs: .*use --host with one of these/);
});

async function made(folder: string, names: readonly string[]): Promise<string> {
  const flags = names.flatMap((name) => ['--name', name]);
  const { code, stderr } = await cordwood(['tls', 'init', '--dir', folder, ...flags]);
  assert.deepEqual([code, stderr], [0, '']);
  const config = join(folder, 'cordwood.yaml');
  writeFileSync(config, `listen:\n  - {kind: tcp, address: '127.0.0.1:0', tls: {cert: server.pem, key: server.key}}\n`);
  return config;
}

function printed(config: string, host: string, port: string): Promise<{ stdout: string; stderr: string }> {
  const flags = ['--transport', 'tls', '--host', host, '--port', port];
  return cordwood(['agent', 'print', 'rsyslog', '--config', config, ...flags]);
}

/** An rsyslogd with this configuration and the certificates of the folder, and a port of it that takes lines. */
async function sender(folder: string, text: string): Promise<{ input: number; rsyslogd: Rsyslogd }> {
  const input = await freePort();
  const here = text.replaceAll('/etc/rsyslog.d/tls', folder);
  const all = `module(load="imtcp")\ninput(type="imtcp" port="${input}" address="127.0.0.1")\n${here}`;
  return { input, rsyslogd: await Rsyslogd.start(folder, input, all) };
}

async function hasArrived(data: string): Promise<boolean> {
  const { stdout } = await cordwood(['search', '-S', 'all', '--data', data, '"it arrived"']);
  return stdout.includes('it arrived');
}
