import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** What devices send, and the program, process and text that must come; the host if the line names it,
 * and what rsyslogd leaves of a program with slashes in templates of RFC 5424. */
const DEVICES: readonly { line: string; want: readonly (string | undefined)[]; host?: string; cut?: string }[] = [
  {
    line: '<189>157: sw1: *Nov 29 18:01:09.425: %SYS-5-CONFIG_I: Configured m1',
    want: ['%SYS-5-CONFIG_I', undefined, 'Configured m1'],
    host: 'sw1',
  },
  {
    line: '<189>: 2026 Nov 29 18:01:09 UTC: %ETHPORT-5-IF_UP: Interface is up m2',
    want: ['%ETHPORT-5-IF_UP', undefined, 'Interface is up m2'],
  },
  {
    line: '<189>2269: xr1 RP/0/RSP0/CPU0:Nov 29 18:01:09.123 : config[65]: %MGBL-SYS-5-CONFIG_I : Committed m3',
    want: ['config', '65', '%MGBL-SYS-5-CONFIG_I : Committed m3'],
    host: 'xr1',
  },
  {
    line: '<30>Nov 29 18:01:09 U7PG2,788a20aabbcc,v4.3.20: hostapd: ath0: STA m4',
    want: ['hostapd', undefined, 'ath0: STA m4'],
    host: 'U7PG2,788a20aabbcc,v4.3.20',
  },
  {
    line: '<133>Nov 29 18:01:09 f5a notice mcpd[4567]: Pool member down m5',
    want: ['mcpd', '4567', 'Pool member down m5'],
    host: 'f5a',
  },
  {
    line: '<134>1 1795975289.426 MX84 flows src=10.0.0.1 m6',
    want: [undefined, undefined, 'flows src=10.0.0.1 m6'],
    host: 'MX84',
  },
  {
    line: '<190>Nov 29 2026 18:01:09 hw1 %%01SHELL/5/CMDRECORD(s)[19]:Recorded command m7',
    want: ['%%01SHELL/5/CMDRECORD(s)', '19', 'Recorded command m7'],
    host: 'hw1',
    cut: '%%01SHELL',
  },
];

/** rsyslog's default template, the one of RFC 5424, and one that writes the VERSION of what came in. */
function agentConfig(input: number, ports: readonly number[]): string {
  const templates = [
    'RSYSLOG_TraditionalForwardFormat',
    'RSYSLOG_SyslogProtocol23Format',
    'versioned',
    'RSYSLOG_ForwardFormat',
  ];
  const forward = templates.map(
    (template, index) =>
      `action(type="omfwd" target="127.0.0.1" port="${ports[index]}" protocol="tcp" template="${template}"
        queue.type="linkedList" action.resumeRetryCount="-1")`,
  );
  const header = '<%PRI%>%PROTOCOL-VERSION% %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% %PROCID% %MSGID%';
  return `
    module(load="imtcp")
    template(name="versioned" type="string" string="${header} %STRUCTURED-DATA% %msg%\\n")
    input(type="imtcp" port="${input}" address="127.0.0.1" ruleset="all")
    ruleset(name="all") {
      ${forward.join('\n')}
    }`;
}

type Row = {
  hostname: string;
  appname?: string;
  procid?: string;
  message: string;
  source: { listener: string };
};

test('devices behind a real rsyslogd are read as if they had sent their lines themselves', {
  skip: needs('rsyslogd'),
}, async () => {
  using folder = temporaryFolder();
  const listen = ['tcp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tcp://127.0.0.1:0'];
  await using server = await Server.start({ data: `${folder.path}/data`, listen });
  const ports = [
    await server.port('tcp0'),
    await server.port('tcp1'),
    await server.port('tcp2'),
    await server.port('tcp3'),
  ];
  const input = await freePort();
  await using _agent = await Rsyslogd.start(folder.path, input, agentConfig(input, ports));
  connect(input, '127.0.0.1').end(`${DEVICES.map(({ line }) => line).join('\n')}\n`);

  const rows = await until('every line from every listener', async () => {
    const { stdout } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', server.data]);
    const found = stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line): Row => JSON.parse(line))
      .filter(({ message }) => / m\d$/.test(message));
    return found.length >= DEVICES.length * listen.length && found;
  });
  for (const [index, { want, host, cut }] of DEVICES.entries()) {
    const mark = new RegExp(` m${index + 1}$`);
    const copies = rows.filter(({ message }) => mark.test(message));
    assert.deepEqual(copies.map(({ source }) => source.listener).sort(), ['tcp0', 'tcp1', 'tcp2', 'tcp3']);
    for (const { hostname, appname, procid, message, source } of copies) {
      const program = cut === undefined || /tcp[03]/.test(source.listener) ? want[0] : cut;
      assert.deepEqual([appname, procid, message], [program, ...want.slice(1)], `${source.listener}: ${message}`);
      if (host !== undefined) assert.equal(hostname, host, `${source.listener}: ${message}`);
    }
  }
});
