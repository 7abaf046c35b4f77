import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const LONG = 'x'.repeat(700);
/** What is handed to the agent: plain BSD lines, as its own programs would log them. */
const LINES = [
  '<38>Nov 22 16:20:01 web1 sshd[1234]: Accepted publickey m1',
  '<13>Nov 22 16:20:02 web1 cron: no pid here m2',
  `<86>Nov 22 16:20:03 web2 su: long ${LONG} m3`,
  '<30>Nov 22 16:20:04 web2 foo[7]: grüße aus köln m4',
];

/** Four ways an unchanged rsyslogd sends: datagrams, lines, counted RFC 5424, and zipped frames among lines. */
function agentConfig(input: number, ports: { udp: number; tcp: number[] }): string {
  const forward = (target: number, rest: string) =>
    `action(type="omfwd" target="127.0.0.1" port="${target}" ${rest} queue.type="linkedList" action.resumeRetryCount="-1")`;
  return `
    module(load="imtcp")
    input(type="imtcp" port="${input}" address="127.0.0.1" ruleset="all")
    ruleset(name="all") {
      ${forward(ports.udp, 'protocol="udp"')}
      ${forward(ports.tcp[0]!, 'protocol="tcp"')}
      ${forward(ports.tcp[1]!, 'protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"')}
      ${forward(ports.tcp[2]!, 'protocol="tcp" ziplevel="9"')}
    }`;
}

type Row = Record<string, unknown> & {
  message: string;
  flags: string[];
  source: { listener: string; transport: string };
};

test('a real rsyslogd is understood over UDP, TCP, octet counting and zipped', {
  skip: needs('rsyslogd'),
}, async () => {
  using folder = temporaryFolder();
  const listen = ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tcp://127.0.0.1:0'];
  await using server = await Server.start({ data: `${folder.path}/data`, listen });
  const ports = {
    udp: await server.port('udp0'),
    tcp: [await server.port('tcp0'), await server.port('tcp1'), await server.port('tcp2')],
  };
  const input = await freePort();
  await using _agent = await Rsyslogd.start(folder.path, input, agentConfig(input, ports));
  connect(input, '127.0.0.1').end(`${LINES.join('\n')}\n`);

  const rows = await until('every line from every listener', async () => {
    const { stdout } = await cordwood([
      'search',
      '-S',
      'all',
      '-o',
      'json',
      '--data',
      server.data,
      'm1 OR m2 OR m3 OR m4',
    ]);
    const found = stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line): Row => JSON.parse(line));
    return found.length >= LINES.length * listen.length && found;
  });
  assert.equal(rows.length, LINES.length * listen.length, 'each line once from each listener');

  for (const listener of ['udp0', 'tcp0', 'tcp1', 'tcp2']) {
    const [m1, m2, m3, m4] = rows.filter((row) => row.source.listener === listener);
    const common = { facility: m1?.['facility'], severity: m1?.['severity'], level: m1?.['level'] };
    assert.deepEqual(common, { facility: 4, severity: 6, level: 'info' }, listener);
    assert.deepEqual([m1?.['hostname'], m1?.['appname'], m1?.['procid']], ['web1', 'sshd', '1234'], listener);
    assert.equal(m1?.message.trim(), 'Accepted publickey m1', listener);
    assert.deepEqual([m2?.['hostname'], m2?.['appname'], m2?.['procid']], ['web1', 'cron', undefined], listener);
    assert.deepEqual([m2?.['facility'], m2?.['severity']], [1, 5], listener);
    assert.equal(m3?.message.trim(), `long ${LONG} m3`, listener);
    assert.deepEqual([m3?.['hostname'], m3?.['facility']], ['web2', 10], listener);
    assert.equal(m4?.message.trim(), 'grüße aus köln m4', listener);
    assert.equal(new Date(String(m1?.['timestamp'])).getUTCMinutes(), 20, listener);
    assert.equal(m1?.source.transport, listener === 'udp0' ? 'udp' : 'tcp');
    assert.equal(m1?.['format'], listener === 'tcp1' ? 'rfc5424' : 'rfc3164', listener);
  }
  const zipped = rows.find((row) => row.source.listener === 'tcp2' && row.message.includes('m3'));
  assert.ok(zipped?.flags.includes('compressed'), 'the long line came zipped');
});
