import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Certificates } from '../support/certificates.ts';
import { freePort } from '../support/ports.ts';
import { needsModules } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** How rsyslogd's drivers refuse a certificate, and what we can know of it: `gtls` never says why. */
const REFUSALS = [
  ['ossl', 'the CA', 'refused.tls_our_certificate', /refuses this server's certificate \(TLS alert unknown_ca\)/],
  [
    'ossl',
    'the name',
    'closed.tls_unused',
    /before its first byte, as agents do that refuse this server's certificate/,
  ],
  ['gtls', 'the CA', 'closed.tls_unused', /before its first byte, as agents do that refuse this server's certificate/],
  [
    'gtls',
    'the name',
    'closed.tls_unused',
    /before its first byte, as agents do that refuse this server's certificate/,
  ],
] as const;

for (const [driver, what, counter, said] of REFUSALS) {
  test(`an rsyslogd with ${driver} that refuses ${what} of our certificate is named in log, stats and agent verify`, {
    skip: needsModules(`lmnsd_${driver}`),
  }, async () => {
    using folder = temporaryFolder();
    const certificates = new Certificates(folder.path);
    const other = new Certificates(join(folder.path, 'other'), 'another CA');
    const { cert, key } = certificates.make('server', {
      name: 'localhost',
      use: 'server',
      alternatives: ['localhost'],
    });
    const config = join(folder.path, 'cordwood.yaml');
    writeFileSync(config, `listen:\n  - {kind: tcp, address: '127.0.0.1:0', tls: {cert: ${cert}, key: ${key}}}\n`);
    await using server = await Server.start({ data: join(folder.path, 'data'), config });
    const input = await freePort();
    const text = `
      global(DefaultNetstreamDriverCAFile="${what === 'the CA' ? other.caFile : certificates.caFile}")
      module(load="imtcp")
      input(type="imtcp" port="${input}" address="127.0.0.1")
      action(type="omfwd" target="localhost" port="${await server.port('tcp0')}" protocol="tcp"
        StreamDriver="${driver}" StreamDriverMode="1" StreamDriverAuthMode="x509/name"
        StreamDriverPermittedPeers="${what === 'the name' ? 'other.example.org' : 'localhost'}"
        TCP_Framing="octet-counted" action.resumeRetryCount="-1" action.resumeInterval="1")`;
    await using agent = await Rsyslogd.start(folder.path, input, text);
    connect(input, '127.0.0.1').end('<13>Nov 29 18:01:31 web1 app: never arrives\n');
    const counted = `listen.tcp0.connections.${counter}`;
    await until(
      `the refusal; rsyslogd says: ${agent.output}`,
      async () => (await server.stats()).counters[counted]! > 0,
    );
    assert.match(server.output, said);
    assert.match(server.output, /127\.0\.0\.1:\d+/);
    for (const host of ['127.0.0.1', 'web1']) {
      // The counter is read at once, while the last refusals reach the thread that answers a moment later.
      const stdout = await until('the report to name the refusal', async () => {
        const args = ['agent', 'verify', host, '--timeout', '1', '--data', server.data];
        const { code, stdout } = await cordwood(args);
        assert.equal(code, 124);
        return said.test(stdout) && stdout;
      });
      assert.match(stdout, /^ {2}127\.0\.0\.1 at tcp0, (once|\d+ times, last) at \d\d:\d\d:\d\d UTC: TLS connection/m);
    }
    const { stdout } = await cordwood(['agent', 'verify', '192.0.2.1', '--timeout', '1', '--data', server.data]);
    assert.doesNotMatch(stdout, /TLS connection/);
  });
}
