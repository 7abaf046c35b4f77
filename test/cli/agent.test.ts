import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Check, checksOf, type FrameCounts } from '../../src/cli/agents/checks.ts';
import { AGENTS } from '../../src/cli/agents/registry.ts';
import { certify, keyText } from '../../src/cli/tls/certificate.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { find, needs } from '../support/require.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { message, NOW, runFake } from './fake.ts';

const print = (...args: string[]) => runFake(['agent', 'print', ...args, '--host', 'logs.example.org']);
const CONFIG = `
listen:
  - {kind: tcp, address: '*:10514'}
  - {kind: relp, address: '127.0.0.1:2515'}
`;

for (const { name, transports } of AGENTS) {
  for (const transport of transports) {
    test(`agent print ${name} --transport ${transport} names the server, and notes what to do`, async () => {
      const { code, stdout, stderr } = await print(name, '--transport', transport, '--port', '1234');
      assert.equal(code, 0, stderr);
      const isThroughAgent = name === 'docker' && transport === 'relp';
      assert.equal(stdout.includes('logs.example.org') && stdout.includes('1234'), !isThroughAgent, stdout);
      assert.match(stderr, /^-- /m);
      assert.equal((await print(name, '--transport', transport, '-q')).stderr, '');
    });
  }
}

test('agent print uses the safest transport that the agent and the configuration support, with its port', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  writeFileSync(config, CONFIG);
  const relp = await print('rsyslog', '--config', config);
  assert.match(relp.stdout, /type="omrelp" target="logs.example.org" port="2515"/);
  assert.match(relp.stderr, /relp0 accepts connections from this machine only; .*\{kind: relp, address: '\*:2515'\}/);
  const tcp = await print('syslog-ng', '--config', config);
  assert.match(tcp.stdout, /syslog\("logs.example.org" port\(10514\) transport\("tcp"\)/);
  const udp = await print('logger', '--transport', 'udp', '--config', config);
  assert.match(
    udp.stderr,
    /the configuration has no listener for udp; add to listen: \{kind: udp, address: '\*:514'\}/,
  );
});

const WRONG: readonly [string[], RegExp][] = [
  [[], /cannot run agent: nothing to do; write e.g. cordwood agent print rsyslog, or cordwood agent verify HOST/],
  [['pritn'], /there is no agent pritn; did you mean "print"/],
  [['print'], /cannot print a configuration: name the agent, one of rsyslog, syslog-ng, docker, logger/],
  [['print', 'rsyslogd'], /did you mean "rsyslog"/],
  [['print', 'logger', '--transport', 'relp'], /cannot configure logger for relp: it supports tcp, udp/],
  [['print', 'rsyslog', '--port', '99999'], /cannot read --port 99999/],
  [['verify'], /cannot verify: name a host, e.g. cordwood agent verify web1/],
  [['verify', 'web 1'], /cannot wait for "web 1": it is neither a host name nor an IP address/],
  [['verify', 'web1', '--timeout', 'soon'], /cannot read --timeout soon/],
];
for (const [args, error] of WRONG) {
  test(`agent ${args.join(' ')} is refused with a remedy`, async () => {
    const { code, stderr } = await runFake(['agent', ...args]);
    assert.equal(code, 2);
    assert.match(stderr, error);
  });
}

test('agent verify without a running server is refused', async () => {
  const { code, stderr } = await runFake(['agent', 'verify', 'web1']);
  assert.equal(code, 4);
  assert.match(stderr, /cannot wait for a message: no server is running here/);
});

/** The certificates that an agent of a TLS server has. */
function writeCertificates(folder: string): void {
  const ca = certify({ name: 'ca', use: 'ca', from: new Date(0), to: new Date(2 ** 41) });
  mkdirSync(join(folder, 'tls'));
  for (const name of ['ca.pem', 'agent.pem']) writeFileSync(join(folder, 'tls', name), ca.certificate);
  writeFileSync(join(folder, 'tls', 'agent.key'), keyText(ca.key));
}

for (const transport of ['relp', 'tls', 'tcp', 'udp']) {
  test(`rsyslogd accepts the printed configuration for ${transport}`, { skip: needs('rsyslogd') }, async () => {
    using folder = temporaryFolder();
    const { stdout } = await print('rsyslog', '--transport', transport);
    writeCertificates(folder.path);
    const file = join(folder.path, 'rsyslog.conf');
    const here = stdout.replaceAll('/etc/rsyslog.d', folder.path);
    writeFileSync(file, `global(workDirectory="${folder.path}")\nmodule(load="imuxsock")\n${here}`);
    const said = execFileSync('/bin/sh', ['-c', `${find('rsyslogd')} -N1 -f ${file} 2>&1`], { encoding: 'utf8' });
    assert.match(said, /End of config validation run. Bye./);
    assert.doesNotMatch(said, /error|warning|not known/i, said);
  });
}

test('syslog-ng accepts the printed configuration', {
  skip: find('syslog-ng') ? false : 'syslog-ng is not installed: it excludes rsyslog on Debian',
}, async () => {
  using folder = temporaryFolder();
  writeCertificates(folder.path);
  for (const transport of ['tls', 'tcp', 'udp']) {
    const { stdout } = await print('syslog-ng', '--transport', transport);
    const file = join(folder.path, 'syslog-ng.conf');
    const here = stdout.replaceAll('/etc/syslog-ng', folder.path);
    writeFileSync(file, `@version: 3.38\nsource s_src { internal(); };\n${here}`);
    const said = execFileSync('/bin/sh', ['-c', `${find('syslog-ng')} --syntax-only -f ${file} 2>&1`], {
      encoding: 'utf8',
    });
    assert.doesNotMatch(said, /error/i, said);
  }
});

test('the configuration for Docker is JSON, and sends to the agent of the machine by default', async () => {
  const byDefault = JSON.parse((await print('docker')).stdout);
  assert.equal(byDefault['log-opts']['syslog-address'], 'unixgram:///dev/log');
  const direct = JSON.parse(
    (await runFake(['agent', 'print', 'docker', '--transport', 'tls', '--host', '::1'])).stdout,
  );
  assert.equal(direct['log-opts']['syslog-address'], 'tcp+tls://[::1]:6514');
});

const at = (ms: number): Partial<LogMessage> => ({ timestamp: new Date(NOW), received_at: new Date(NOW - ms) });
const GOOD: Partial<LogMessage> = {
  ...at(0),
  format: 'rfc5424',
  timestamp_offset: 60,
  source: { ip: '10.0.0.7', port: 40_000, transport: 'relp', listener: 'relp0', peer_cn: 'web1' },
};
const overTcp = { source: { ip: '::1', port: 1, transport: 'tcp', listener: 'tcp0' } } as const;

const CASES: readonly [string, Partial<LogMessage>, string, RegExp, bad: boolean, counts?: FrameCounts][] = [
  ['RELP', {}, 'transport', /^relp, from 10.0.0.7:40000 to listener relp0, with the certificate of web1$/, false],
  ['RELP', {}, 'acknowledged', /^yes, once a message is on disk$/, false],
  ['RELP', {}, 'framing', /^RELP: messages may contain newlines$/, false],
  ['TCP', overTcp, 'transport', /from \[::1\]:1 to listener tcp0$/, false],
  ['TCP', overTcp, 'acknowledged', /^no: what is in flight when the connection breaks is lost unnoticed$/, true],
  ['octet counts', overTcp, 'framing', /^octet counts/, false, { frames: 3, counted: 3 }],
  ['lines', overTcp, 'framing', /^lines/, false, { frames: 3, counted: 0 }],
  ['both', overTcp, 'framing', /^listener tcp0 received both octet counts and lines/, false, { frames: 3, counted: 1 }],
  ['RFC 5424', {}, 'format', /^RFC 5424$/, false],
  ['RFC 3164', { format: 'rfc3164', appname: 'x'.repeat(32) }, 'format', /cut at 32 bytes, and this name is cut/, true],
  ['nothing known', { format: 'unknown' }, 'format', /not understood/, true],
  ['a cut line', { flags: ['truncated'], length: 99_999 }, 'length', /^cut: it had 99999 bytes$/, true],
  ['half a line', { flags: ['partial'] }, 'length', /connection closed in the middle/, true],
  ['a whole line', { message: 'grüße' }, 'length', /^complete, 7 bytes of text$/, false],
  ['a good clock', at(300), 'clock', /^the same as ours, within a second$/, false],
  ['a clock a little behind', at(-30_000), 'clock', /^30s behind ours, unless the message was delayed$/, false],
  ['a clock ahead', at(300_000), 'clock', /^5m ahead of ours$/, true],
  ['no timestamp', { flags: ['no_timestamp'] }, 'clock', /the message has no timestamp/, true],
  ['a zone', { timestamp_offset: -330 }, 'time zone', /^sent with each timestamp: UTC-05:30$/, false],
];
for (const [what, change, about, finding, bad, counts] of CASES) {
  test(`agent verify reports of ${what}: ${finding.source}`, () => {
    const check: Check = checksOf(message({ ...GOOD, ...change }), counts).find((one) => one.about === about)!;
    assert.match(check.finding, finding);
    assert.equal(check.remedy !== undefined, bad, check.remedy);
  });
}

test('agent verify tells a wrong time zone from a wrong clock', () => {
  const { timestamp_offset: _, ...unzoned } = message({ ...GOOD, ...at(3_600_000 + 2000), flags: ['tz_assumed'] });
  const zone = checksOf(unzoned, undefined).find(({ about }) => about === 'time zone');
  assert.match(zone!.finding, /not sent, and the assumed one looks wrong by 1h/);
  assert.match(zone!.remedy!, /zones: \[\{cidr: 10\.0\.0\.7, zone: …\}\]/);
});
