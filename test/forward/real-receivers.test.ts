import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Certificates } from '../support/certificates.ts';
import { freePort } from '../support/ports.ts';
import { needsModules } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { needsSyslogNg, SyslogNg } from '../support/syslog-ng.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { entries, ForwardLab } from './lab.ts';

process.env['TZ'] = 'UTC';

const THEN = Date.UTC(2026, 10, 22, 15, 20, 1, 500);
const DEVICE = { ip: '10.0.0.7', port: 51_413, transport: 'udp', listener: 'udp0' } as const;
const DRAFTS = [
  {
    ...{ hostname: 'web1', appname: 'sshd', procid: '1234', msgid: 'ID47', facility: 4, severity: 6 },
    timestamp: new Date(THEN),
    timestamp_offset: 60,
    source: DEVICE,
    structured_data: [{ id: 'own@1', params: [{ name: 'a', value: 'b "c" ]' }] }],
    message: 'Accepted publickey',
  },
  { hostname: 'web2', appname: 'foo', source: DEVICE, timestamp: new Date(THEN), message: 'grüße aus köln' },
];

const FIELDS =
  '%inputname%|%timereported:::date-rfc3339%|%pri%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n';

/** What a program wrote, line by line, once a line has each of these texts. */
async function written(file: string, texts: readonly string[]): Promise<string[]> {
  return await until(`${texts.join(', ')} in ${file}`, () => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    return texts.every((text) => lines.some((line) => line.includes(text))) && lines.filter(Boolean);
  });
}

const skip = needsModules('imrelp', 'lmnsd_ossl', 'lmnsd_gtls');

for (const driver of ['ossl', 'gtls'] as const) {
  test(`rsyslogd takes what is forwarded by RELP, TCP, TLS (${driver}) and UDP with all fields and the device's address`, {
    skip,
  }, async () => {
    using folder = temporaryFolder();
    const certificates = new Certificates(join(folder.path, 'tls'));
    const server = certificates.make('server', { name: 'logs.example.org', use: 'server' });
    const edge = certificates.make('edge', { name: 'edge.example.org' });
    const [relp, tcp, tls, udp] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const file = join(folder.path, 'out');
    const config = `
      global(defaultNetstreamDriverCAFile="${certificates.caFile}" defaultNetstreamDriverCertFile="${server.cert}"
             defaultNetstreamDriverKeyFile="${server.key}")
      module(load="imrelp") module(load="imudp")
      module(load="imtcp" maxSessions="50")
      template(name="f" type="string" string="${FIELDS}")
      input(type="imrelp" port="${relp}" address="127.0.0.1" name="relp")
      input(type="imtcp" port="${tcp}" address="127.0.0.1" name="tcp")
      input(type="imtcp" port="${tls}" address="127.0.0.1" name="tls" streamDriver.name="${driver}" streamDriver.mode="1"
            streamDriver.authMode="x509/name" permittedPeer=["edge.example.org"])
      input(type="imudp" port="${udp}" address="127.0.0.1" name="udp")
      action(type="omfile" file="${file}" template="f")`;
    await using receiver = await Rsyslogd.start(folder.path, tcp, config);
    await using lab = new ForwardLab();
    const to = (port: number) => [`127.0.0.1:${port}`];
    const own = { ca: certificates.caFile, cert: edge.cert, key: edge.key, name: 'logs.example.org' };
    lab.start(
      entries(
        { kind: 'relp', name: 'relp', to: to(relp), from: 'start' },
        { kind: 'tcp', name: 'tcp', to: to(tcp), from: 'start', trail: 'ip' },
        { kind: 'tcp', name: 'tls', to: to(tls), from: 'start', tls: own, trail: 'ip' },
        { kind: 'udp', name: 'udp', to: to(udp), from: 'start' },
      ),
    );
    await lab.add(DRAFTS);
    const names = ['relp', 'tcp', 'tls', 'udp'];
    const found = (name: string, all: readonly string[]) => all.filter((line) => line.startsWith(`${name}|`));
    const lines = await until(
      'two lines by each',
      () => {
        const all = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
        return names.every((name) => found(name, all).length >= 2) && all;
      },
      15_000,
    ).catch(async (error: unknown) => {
      const rows = await lab.service().list();
      throw new Error(`${String(error)}\n${receiver.output}\n${JSON.stringify(rows)}\n${readFileSync(file, 'utf8')}`);
    });
    for (const name of names) {
      const [first, second] = found(name, lines).sort((a, b) =>
        a.includes('|web1|') ? -1 : b.includes('|web1|') ? 1 : 0,
      );
      assert.match(
        first!,
        /^\w+\|2026-11-22T16:20:01.500\+01:00\|38\|web1\|sshd\|1234\|ID47\|.*\[origin ip="10.0.0.7"\]\[own@1 a="b \\"c\\" \\\]"\]\|Accepted publickey$/,
      );
      assert.match(
        second!,
        /^\w+\|2026-11-22T15:20:01.500Z\|13\|web2\|foo\|-\|-\|.*\[origin ip="10.0.0.7"\]\|\ufeff?grüße aus köln$/,
      );
    }
  });
}

test('syslog-ng takes what is forwarded by TCP and UDP, in RFC 5424 and as BSD lines', {
  skip: needsSyslogNg(),
}, async () => {
  using folder = temporaryFolder();
  const [ietf, bsd, udp] = [await freePort(), await freePort(), await freePort()];
  const file = join(folder.path, 'out');
  const config = `
    source s_ietf { syslog(ip("127.0.0.1") port(${ietf}) transport("tcp")); };
    source s_bsd { network(ip("127.0.0.1") port(${bsd}) transport("tcp")); };
    source s_udp { syslog(ip("127.0.0.1") port(${udp}) transport("udp")); };
    destination d { file("${file}" template("$SOURCE|$HOST|$PROGRAM|$PID|\${.SDATA.origin.ip}|$MSG\\n")); };
    log { source(s_ietf); source(s_bsd); source(s_udp); destination(d); };
    options { keep-hostname(yes); };`;
  await using _receiver = new SyslogNg(folder.path, config);
  await using lab = new ForwardLab();
  const to = (port: number) => [`127.0.0.1:${port}`];
  lab.start(
    entries(
      { kind: 'tcp', name: 'ietf', to: to(ietf), from: 'start' },
      { kind: 'tcp', name: 'bsd', to: to(bsd), from: 'start', format: 'bsd', framing: 'lines' },
    ),
  );
  await lab.add(DRAFTS);
  const lines = await written(file, ['s_ietf|web2', 's_bsd|web2']);
  const [first] = lines.filter((line) => line.startsWith('s_ietf|web1'));
  assert.match(first!, /^s_ietf\|web1\|sshd\|1234\|10\.0\.0\.7\|Accepted publickey$/);
  const [second] = lines.filter((line) => line.startsWith('s_bsd|web2'));
  assert.match(second!, /^s_bsd\|web2\|foo\|\|\|grüße aus köln$/);
  await lab.reload(entries({ kind: 'udp', name: 'udp', to: to(udp), from: 'start' }));
  await written(file, ['s_udp|web1|sshd|1234|10.0.0.7|Accepted publickey']);
});
