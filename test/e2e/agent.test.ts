import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Certificates } from '../support/certificates.ts';
import { HeldServer } from '../support/holder.ts';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const skip = needs('rsyslogd') || needs('cc');
/** Over TLS, rsyslog's driver does not see that we have ended before it writes: a restart costs it about a line. */
const RESTARTS = { tcp: 2, tls: 0, relp: 2 } as const;

/** A real rsyslogd with what `agent print` prints, and a port of it that takes lines. */
async function agent(folder: string, transport: string, server: string): Promise<{ input: number; agent: Rsyslogd }> {
  const config = join(folder, '..', 'cordwood.yaml');
  const port = server.replace(/.*:/, '');
  const args = ['agent', 'print', 'rsyslog', '-q', '--config', config, '--transport', transport];
  const { stdout } = await cordwood([...args, '--host', 'localhost', '--port', port]);
  const input = await freePort();
  mkdirSync(folder);
  const here = stdout.replaceAll('/etc/rsyslog.d/tls', join(folder, '..', 'tls'));
  const text = `module(load="imtcp")\ninput(type="imtcp" port="${input}" address="127.0.0.1")\n${here}`;
  return { input, agent: await Rsyslogd.start(folder, input, text) };
}

/** A configuration with one listener for the transport, RELP over TLS, and certificates of both sides. */
function configure(folder: string, transport: string): string {
  const certificates = new Certificates(join(folder, 'tls'));
  const { cert, key } = certificates.make('server', { name: 'server', use: 'server', alternatives: ['localhost'] });
  certificates.make('agent', { name: 'agent', alternatives: ['agent'] });
  const tls = transport !== 'tcp' ? `, tls: {cert: ${cert}, key: ${key}, ca: ${certificates.caFile}}` : '';
  const kind = transport === 'tls' ? 'tcp' : transport;
  const config = join(folder, 'cordwood.yaml');
  writeFileSync(config, `listen: [{kind: ${kind}, name: here, address: '127.0.0.1:0'${tls}}]\n`);
  return config;
}

for (const transport of ['tcp', 'tls', 'relp'] as const) {
  test(`an rsyslogd as agent print has it brings every line over ${transport}, across our restarts, and is verified`, {
    skip,
  }, async (t) => {
    using folder = temporaryFolder();
    const config = configure(folder.path, transport);
    await using server = await HeldServer.start({ data: folder.path, sockets: ['tcp:0'], names: 'here', config });
    const { input, agent: sender } = await agent(join(folder.path, 'agent'), transport, server.addresses[0]!);
    await using _sender = sender;
    const verified = cordwood(['agent', 'verify', 'web1', '--timeout', '30', '--data', folder.path]);
    const feed = connect(input, '127.0.0.1');
    await once(feed, 'connect');
    let sent = 0;
    const send = () => feed.write(`<13>Nov 22 16:20:01 web1 app[7]: number ${sent++}\n`);
    const { code, stdout } = await sendUntil(send, verified);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^received from web1: *number/);
    assert.match(stdout, /^ok {3}format +RFC 5424$/m);
    assert.match(stdout, transport === 'relp' ? /^ok {3}acknowledged/m : /^ok {3}framing +octet counts/m);
    for (let round = 0; round < RESTARTS[transport]; round++) {
      let ready = false;
      const restarted = server.restart().then(async () => {
        ready = await server.ready();
      });
      while (!ready) {
        send();
        await sleep(2);
      }
      await restarted;
    }
    feed.end();
    const numbers = async () => {
      const args = ['search', '-q', '-S', 'all', '-n', 'all', '-o', 'cat', '-H', 'web1', '--data', folder.path];
      return [...(await cordwood(args)).stdout.matchAll(/number (\d+)$/gm)].map(([, number]) => Number(number));
    };
    await until(`all ${sent} lines`, async () => new Set(await numbers()).size === sent);
    t.diagnostic(`${sent} lines, ${(await numbers()).length - sent} of them twice`);
  });
}

/** Sends again and again until the answer is there, since verify only takes what comes after it began. */
async function sendUntil<Result>(send: () => void, answer: Promise<Result>): Promise<Result> {
  let done = false;
  void answer.finally(() => {
    done = true;
  });
  while (!done) {
    send();
    await sleep(100);
  }
  return answer;
}
