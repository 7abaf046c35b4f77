import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { StructuredData } from '../../src/model/message.ts';
import { freePort } from '../support/ports.ts';
import { needs, needsModules } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood, Server } from '../support/server.ts';
import { needsSyslogNg, SyslogNg } from '../support/syslog-ng.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

// BSD stamps carry no zone: all who take part are to mean the same one.
process.env['TZ'] = 'UTC';

type Fields = Readonly<Record<string, unknown>>;

/** Three hours ago: what is a day old, or five minutes to come, is flagged as wrong. */
const THEN = Math.floor(Date.now() / 1000) * 1000 - 3 * 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();
/** `Nov  2 16:20:01`, RFC 3164 §4.1.2. */
const bsdStamp = (ms: number) => {
  const [, day, month, , time] = new Date(ms).toUTCString().split(' ');
  return `${month} ${String(Number(day)).padStart(2)} ${time}`;
};

/** Handed to an agent, and what is to become of it: on a way that keeps all, and on one of the BSD format. */
const BSD_LINES = `<38>${bsdStamp(THEN)} web1 sshd[1234]: Accepted publickey m1\n<30>${bsdStamp(THEN + 3000)} web2 foo: grüße aus köln m2\n`;
const SENT = '[exampleSDID@32473 iut="3" eventSource="A\\"p\\\\p"] hello m3';
const IETF_LINE = `<165>1 ${iso(THEN + 7_200_000).slice(0, 19)}.123456+02:00 web1 myapp 8710 ID47 ${SENT}`;
/** What is left of that stamp in the BSD format: the sender's local time, and nothing that says so. */
const LOCAL = iso(THEN + 7_200_000);
const M1 = {
  time: iso(THEN),
  facility: 4,
  level: 'info',
  hostname: 'web1',
  appname: 'sshd',
  procid: '1234',
  message: 'Accepted publickey m1',
};
const M2 = {
  time: iso(THEN + 3000),
  facility: 3,
  level: 'info',
  hostname: 'web2',
  appname: 'foo',
  message: 'grüße aus köln m2',
};
const M3 = {
  facility: 20,
  level: 'notice',
  hostname: 'web1',
  appname: 'myapp',
  procid: '8710',
  message: 'hello m3',
};
const STRUCTURED = { 'exampleSDID@32473': { iut: '3', eventSource: 'A"p\\p' } };
const GUESSED = ['year_guessed', 'tz_assumed'];

/** The fields of a row that a sender decides. */
function fieldsOf(row: Fields): Fields {
  const { _id, received_at, source, stream, severity, timestamp, message, ...rest } = row;
  // What rsyslog's templates leave there is kept, and not shown: a space before the text.
  return { ...rest, time: timestamp, message: String(message).trimStart() };
}

type Row = Fields & { readonly source: { readonly listener: string; readonly transport: string } };

/** Rows by listener, in the order of their markers, once there are `count` of them. */
async function rowsOf(server: Server, count: number): Promise<Map<string, Fields[]>> {
  const search = ['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', server.data];
  const rows = await until(`${count} rows`, async () => {
    const lines = (await cordwood(search)).stdout.split('\n').filter(Boolean);
    return lines.length >= count && lines.map((line): Row => JSON.parse(line));
  });
  assert.equal(rows.length, count);
  const byListener = new Map<string, Fields[]>();
  for (const row of rows.sort((a, b) => String(a['message']).slice(-2).localeCompare(String(b['message']).slice(-2)))) {
    const { listener, transport } = row.source;
    assert.equal(transport, listener.replace(/\d+$/, ''));
    byListener.set(listener, [...(byListener.get(listener) ?? []), fieldsOf(row)]);
  }
  return byListener;
}

/** Sends as soon as somebody listens there. */
async function feed(port: number, text: string): Promise<void> {
  await until(`somebody to listen on port ${port}`, () => {
    return new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(text));
      socket.once('close', (failed) => resolve(!failed)).on('error', () => {});
    });
  });
}

test('rsyslog: omfwd over UDP and TCP, counted, zipped, and omrelp', { skip: needsModules('omrelp') }, async () => {
  using folder = temporaryFolder();
  const kinds = ['udp', 'tcp', 'tcp', 'tcp', 'relp', 'relp'];
  await using server = await Server.start({
    data: `${folder.path}/data`,
    listen: kinds.map((kind) => `${kind}://127.0.0.1:0`),
  });
  const port = (name: string) => server.port(name);
  const forward = (name: string, target: number, rest = '') =>
    `action(type="${name}" target="127.0.0.1" port="${target}" ${rest} queue.type="linkedList" action.resumeRetryCount="-1")`;
  const full = 'template="RSYSLOG_SyslogProtocol23Format"';
  const input = await freePort();
  await using _agent = await Rsyslogd.start(
    folder.path,
    input,
    `module(load="imtcp") module(load="omrelp")
    input(type="imtcp" port="${input}" address="127.0.0.1" ruleset="all")
    ruleset(name="all") {
      ${forward('omfwd', await port('udp0'), 'protocol="udp"')}
      ${forward('omfwd', await port('tcp0'), 'protocol="tcp"')}
      ${forward('omfwd', await port('tcp1'), `protocol="tcp" TCP_Framing="octet-counted" ${full}`)}
      ${forward('omfwd', await port('tcp2'), 'protocol="tcp" ziplevel="9"')}
      ${forward('omrelp', await port('relp0'))}
      ${forward('omrelp', await port('relp1'), full)}
    }`,
  );
  await feed(input, `${BSD_LINES}${IETF_LINE}\n`);
  const rows = await rowsOf(server, 3 * kinds.length);
  const bsd = { format: 'rfc3164', flags: GUESSED };
  const zoned = { format: 'rfc3164', flags: [] };
  const ietf = { format: 'rfc5424', version: 1, flags: [], timestamp_offset: 0 };
  const exact = { time: iso(THEN + 123), timestamp_us: 456, timestamp_offset: 120 };
  for (const listener of ['udp0', 'tcp0', 'tcp2']) {
    const want = [
      { ...M1, ...bsd },
      { ...M2, ...bsd },
      { ...M3, ...bsd, time: LOCAL },
    ];
    assert.deepEqual(rows.get(listener), want, listener);
  }
  const octets = [
    { ...M1, ...ietf },
    { ...M2, ...ietf },
    { ...M3, ...ietf, ...exact, msgid: 'ID47', structured_data: STRUCTURED },
  ];
  for (const listener of ['tcp1', 'relp1']) assert.deepEqual(rows.get(listener), octets, listener);
  const forwarded = [
    { ...M1, ...zoned, timestamp_offset: 0 },
    { ...M2, ...zoned, timestamp_offset: 0 },
    { ...M3, ...zoned, ...exact },
  ];
  assert.deepEqual(rows.get('relp0'), forwarded);
});

test('syslog-ng: network() and syslog() over UDP and TCP', { skip: needsSyslogNg() }, async () => {
  using folder = temporaryFolder();
  const kinds = ['udp', 'tcp', 'udp', 'tcp'];
  await using server = await Server.start({
    data: `${folder.path}/data`,
    listen: kinds.map((kind) => `${kind}://127.0.0.1:0`),
  });
  const [bsdIn, ietfIn] = [await freePort(), await freePort()];
  await using _agent = new SyslogNg(
    folder.path,
    `options { keep-hostname(yes); use-dns(no); dns-cache(no); stats-freq(0); };
    source incoming {
      network(ip(127.0.0.1) port(${bsdIn}) transport(tcp));
      syslog(ip(127.0.0.1) port(${ietfIn}) transport(tcp));
    };
    log {
      source(incoming);
      destination { network("127.0.0.1" port(${await server.port('udp0')}) transport(udp)); };
      destination { network("127.0.0.1" port(${await server.port('tcp0')}) transport(tcp)); };
      destination { syslog("127.0.0.1" port(${await server.port('udp1')}) transport(udp)); };
      destination { syslog("127.0.0.1" port(${await server.port('tcp1')}) transport(tcp)); };
    };`,
  );
  await feed(bsdIn, BSD_LINES);
  await feed(ietfIn, `${Buffer.byteLength(IETF_LINE)} ${IETF_LINE}`);
  const rows = await rowsOf(server, 3 * kinds.length);
  const bsd = { format: 'rfc3164', flags: GUESSED };
  const ietf = { format: 'rfc5424', version: 1, flags: [], timestamp_offset: 0 };
  const whole = { time: iso(THEN), timestamp_offset: 120, msgid: 'ID47', structured_data: STRUCTURED };
  for (const listener of ['udp0', 'tcp0']) {
    const want = [
      { ...M1, ...bsd },
      { ...M2, ...bsd },
      { ...M3, ...bsd, time: LOCAL },
    ];
    assert.deepEqual(rows.get(listener), want, listener);
  }
  for (const listener of ['udp1', 'tcp1']) {
    assert.deepEqual(
      rows.get(listener),
      [
        { ...M1, ...ietf },
        { ...M2, ...ietf },
        { ...M3, ...ietf, ...whole },
      ],
      listener,
    );
  }
});

const LOGGER: readonly (readonly [name: string, flags: readonly string[], listener: string, want: Fields])[] = [
  ['BSD over UDP', ['-d', '--rfc3164'], 'udp0', { format: 'rfc3164', flags: GUESSED }],
  ['BSD lines over TCP', ['-T', '--rfc3164'], 'tcp0', { format: 'rfc3164', flags: GUESSED }],
  ['BSD, counted', ['-T', '--rfc3164', '--octet-count'], 'tcp0', { format: 'rfc3164', flags: GUESSED }],
  ['RFC 5424 over UDP', ['-d', '--rfc5424'], 'udp0', { format: 'rfc5424', version: 1, flags: [], timestamp_offset: 0 }],
  [
    'RFC 5424, counted',
    ['-T', '--rfc5424', '--octet-count', '--msgid', 'ID47', '--sd-id', 'a@32473', '--sd-param', 'b="c"'],
    'tcp0',
    { format: 'rfc5424', version: 1, flags: [], timestamp_offset: 0, msgid: 'ID47' },
  ],
];

test('logger(1), in every form it has', { skip: needs('logger') }, async () => {
  for (const [name, flags, listener, want] of LOGGER) {
    using folder = temporaryFolder();
    await using server = await Server.start({ data: folder.path });
    const place = ['-n', '127.0.0.1', '-P', String(await server.port(listener))];
    execFileSync('logger', [...place, ...flags, '-p', 'auth.warning', '-t', 'demo', '--id=42', 'hello m1']);
    const rows = (await rowsOf(server, 1)).get(listener)!;
    const { time, timestamp_us, hostname, structured_data, ...fields } = rows[0]!;
    assert.deepEqual(
      fields,
      { facility: 4, level: 'warning', appname: 'demo', procid: '42', message: 'hello m1', ...want },
      name,
    );
    assert.ok(typeof hostname === 'string' && hostname.length > 0, name);
    if (name === 'RFC 5424, counted') assert.deepEqual((structured_data as StructuredData)['a@32473'], { b: 'c' });
  }
});

/** busybox knows no socket but /dev/log: it gets a /dev of its own. */
const BUSYBOX = `mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && {
  busybox syslogd -n -R 127.0.0.1:PORT -O /dev/out & daemon=$!
  while [ ! -S /dev/log ]; do sleep 0.05; done
  busybox logger -t 'prog[42]' -p auth.info 'hello m1'
  busybox logger -t plain -p local3.err 'hello m2'
  while [ "$(grep -c hello /dev/out)" -lt 2 ]; do sleep 0.05; done
  kill $daemon
}`;

function cannotUnshare(): string | false {
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /dev && mknod /dev/null c 1 3'], {
      stdio: 'ignore',
    });
    return false;
  } catch {
    return needs('permission to mount over /dev in a namespace');
  }
}

test('busybox syslogd', { skip: needs('busybox') || cannotUnshare() }, async () => {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path });
  const script = BUSYBOX.replace('PORT', String(await server.port('udp0')));
  execFileSync('unshare', ['-m', 'sh', '-c', script], { timeout: 20_000, stdio: 'ignore' });
  const [m1, m2] = (await rowsOf(server, 2)).get('udp0')!.map(({ time, ...fields }) => fields);
  const common = { format: 'rfc3164', hostname: '127.0.0.1', flags: ['no_hostname', ...GUESSED] };
  assert.deepEqual(m1, { ...common, facility: 4, level: 'info', appname: 'prog', procid: '42', message: 'hello m1' });
  assert.deepEqual(m2, { ...common, facility: 19, level: 'err', appname: 'plain', message: 'hello m2' });
});
