import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Notifier } from '../../../src/alert/delivery/notifier.ts';
import type { OutboxStatus } from '../../../src/alert/notices/outbox-status.ts';
import { outboxStatus } from '../../../src/alert/delivery/outbox.ts';
import { openMail } from '../../../src/alert/delivery/notifiers/mail.ts';
import { openWebhook } from '../../../src/alert/delivery/notifiers/webhook.ts';
import { SILENT } from '../../../src/base/log.ts';
import { mailSchema } from '../../../src/alert/delivery/settings.ts';
import { refusal, Smtp, type SmtpOptions } from '../../support/smtp.ts';
import { until } from '../../support/until.ts';
import { alertServiceOf, Lab, MINUTE, START } from '../lab.ts';

const RULE = { kind: 'match', query: 'fire', schedule: '* * * * *', window: '5m', to: ['ops@example.org'] };
/** Long enough for a loopback, short enough for a test. */
const patience = { connect: 500, silence: 500, whole: 1500 };

type Extra = { readonly scheme?: string; readonly tls?: string };

function mailTo(port: number, { scheme = 'smtp', ...settings }: Extra = {}): Notifier {
  const smtp = `${scheme}://127.0.0.1:${port}`;
  return openMail({
    settings: mailSchema.parse({ from: 'logs@example.org', smtp, ...settings }),
    version: '1',
    patience,
  });
}

/** A rule that has just fired, with a mail server whose answers the test decides. */
async function fired(options: SmtpOptions, to: readonly string[] = RULE.to) {
  const smtp = await Smtp.start(options);
  const notifier = mailTo(smtp.port);
  const lab = new Lab([{ ...RULE, to }], { notifier });
  await lab.passTo(1);
  await lab.arrive([{ text: 'fire' }]);
  await lab.passTo(2);
  const service = alertServiceOf(lab);
  return {
    ...{ lab, smtp, service },
    outbox: (): OutboxStatus => outboxStatus(lab.delivered!.deliveries, lab.now),
    [Symbol.asyncDispose]: async () => {
      await notifier[Symbol.asyncDispose]();
      await smtp[Symbol.asyncDispose]();
    },
  };
}

test('a permanently refused address delays no other, and is shown until a retry', async () => {
  let isKnown = false;
  const onRecipient = (address: string): void => {
    if (address.startsWith('gone@') && !isKnown) throw refusal(550, '5.1.1 no such\u202e user');
  };
  await using it = await fired({ onRecipient }, ['gone@example.org', 'ops@example.org']);
  assert.deepEqual(
    it.smtp.mails.map(({ to }) => to[0]),
    ['ops@example.org'],
  );
  const failure = `127.0.0.1:${it.smtp.port} rejected the address: 550 5.1.1 no such\\u202e user`;
  const lastRefused = { recipient: 'gone@example.org', at: START + 2 * MINUTE, failure };
  assert.deepEqual(await it.service.outbox(), { waiting: 0, refused: 1, lastRefused });
  assert.deepEqual(it.lab.delivered!.counted, { sent: 1, failed: 0, refused: 1 });
  await it.lab.passTo(60);
  assert.equal(it.lab.sent.length, 1);
  isKnown = true;
  assert.equal(await it.service.retry(), 1);
  await it.lab.passTo(62);
  assert.deepEqual(
    it.smtp.mails.map(({ to }) => to[0]),
    ['ops@example.org', 'gone@example.org'],
  );
  assert.deepEqual(await it.service.outbox(), { waiting: 0, refused: 0 });
  assert.equal(new Set(it.smtp.mails.map(({ mail }) => mail.messageId)).size, 1);
});

test('a permanently refused mail is not tried again, a temporarily refused one is, and others are sent', async () => {
  let answer = 554;
  const asked: number[] = [];
  const onMail = ({ to }: { to: readonly string[] }): void => {
    if (!to[0]!.startsWith('ada@')) return;
    asked.push(answer);
    throw refusal(answer, 'looks like spam');
  };
  await using it = await fired({ onMail }, ['ada@example.org', 'ops@example.org']);
  await it.lab.passTo(30);
  assert.deepEqual(asked, [554]);
  answer = 451;
  assert.equal(await it.service.retry(), 1);
  await it.lab.passTo(40);
  assert.ok(asked.length > 2, `tried ${asked.length} times`);
  assert.deepEqual(
    it.smtp.mails.map(({ to }) => to[0]),
    ['ops@example.org'],
  );
  const { waiting, since, failure, refused } = it.outbox();
  assert.deepEqual([waiting, since, refused], [1, START + 2 * MINUTE, 0]);
  assert.match(failure!, /rejected the mail: 451 looks like spam/);
});

/** What a port does with each connection, and how the failure is described. */
const broken: Readonly<Record<string, readonly [(socket: Socket) => void, RegExp, Extra?]>> = {
  'says nothing': [() => {}, /did not answer: /],
  'is too busy': [(socket) => socket.end('421 4.3.2 too busy\r\n'), /: .*421 4\.3\.2 too busy/],
  'hangs up': [(socket) => socket.destroy(), /closed the connection/],
  'stops in the middle of TLS': [
    (socket) => socket.once('data', () => socket.destroy()),
    /(closed the connection|broke off|offers no usable TLS)/,
    { scheme: 'smtps' },
  ],
  'offers no TLS': [
    (socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', (data) => socket.write(String(data).startsWith('EHLO') ? '250 hello\r\n' : '502 no\r\n'));
    },
    /offers no usable TLS/,
    { tls: 'required' },
  ],
  'trickles its answers': [
    (socket) => {
      const timer = setInterval(() => socket.write('220-wait\r\n'), 50);
      socket.once('close', () => clearInterval(timer)).on('error', () => {});
    },
    /took too long to accept the mail|did not answer/,
  ],
};

/** A port that serves each connection by hand, until the test ends. */
async function portOf(serve: (socket: Socket) => void): Promise<Disposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

for (const [what, [serve, want, settings]] of Object.entries(broken)) {
  test(`a mail server that ${what} is described in words, and the mail is kept`, async () => {
    using server = await portOf(serve);
    const { port } = server;
    await using notifier = mailTo(port, settings);
    const lab = new Lab([RULE], { notifier });
    await lab.passTo(1);
    await lab.arrive([{ text: 'fire' }, { text: 'fire' }]);
    await lab.passTo(2);
    const { waiting, since, failure, nextAt, refused } = await until('the failure', () => {
      const row = lab.delivered && outboxStatus(lab.delivered.deliveries, lab.now);
      return row?.failure !== undefined && row;
    });
    assert.deepEqual([waiting, since, refused], [1, START + 2 * MINUTE, 0]);
    assert.match(failure!, want);
    assert.ok(failure!.startsWith(`127.0.0.1:${port} `), failure);
    assert.ok(nextAt! > lab.now && nextAt! <= lab.now + MINUTE);
  });
}

test('a rejected password closes the channel and refuses no mail', async () => {
  await using smtp = await Smtp.start({ login: { user: 'logs', password: 'secret' } });
  const settings = mailSchema.parse({
    from: 'logs@example.org',
    tls: 'off',
    smtp: `smtp://logs@127.0.0.1:${smtp.port}`,
  });
  await using notifier = openMail({ settings, password: 'wrong', version: '1' });
  const lab = new Lab([RULE], { notifier });
  await lab.passTo(1);
  await lab.arrive([{ text: 'fire' }]);
  await lab.passTo(20);
  const { waiting, failure, refused } = outboxStatus(lab.delivered!.deliveries, lab.now);
  assert.deepEqual([waiting, refused], [1, 0]);
  assert.match(failure!, /^127\.0\.0\.1:\d+ rejected user and password: 535 /);
  assert.doesNotMatch(failure!, /wrong$|secret/);
});

type Talk = { readonly lines: string[]; readonly failure: string; readonly logged: string };

/** What a mail server hears, and what is said of it, if it answers each command by this. */
async function talk(settings: object, answer: (line: string) => string, password = 'pässw0rd-Xy'): Promise<Talk> {
  const lines: string[] = [];
  using server = await portOf((socket) => {
    socket.write('220 hello\r\n');
    socket.on('data', (data) => {
      for (const line of String(data).split('\r\n').filter(Boolean)) {
        lines.push(line);
        socket.write(`${answer(line)}\r\n`);
      }
    });
  });
  const smtp = `smtp://logs@127.0.0.1:${server.port}`;
  const parsed = mailSchema.parse({ from: 'logs@example.org', smtp, ...settings });
  await using notifier = openMail({ settings: parsed, version: '1', patience, password });
  const lab = new Lab([RULE], { notifier });
  const written: unknown[] = [];
  const write = (...all: readonly unknown[]): void => void written.push(all);
  Object.assign(lab.world, { log: { error: write, warn: write, info: write, debug: write, child: () => SILENT } });
  await lab.passTo(1);
  await lab.arrive([{ text: 'fire' }]);
  await lab.passTo(3);
  return { lines, failure: outboxStatus(lab.delivered!.deliveries, lab.now).failure!, logged: JSON.stringify(written) };
}

/** The password in each form in which it could be read. */
function formsOf(password: string): string[] {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [password, base64(password), base64(`\0logs\0${password}`)];
}

test('a password is not sent in clear because STARTTLS was stripped, unless tls says so', async () => {
  const answer = (line: string): string =>
    line.startsWith('EHLO') ? '250-hello\r\n250 AUTH PLAIN LOGIN' : line.startsWith('AUTH') ? '535 no' : '502 no';
  const stripped = await talk({}, answer);
  assert.equal(
    stripped.lines.some((line) => line.startsWith('AUTH')),
    false,
    stripped.lines.join('\n'),
  );
  assert.match(stripped.failure, /offers no usable TLS: .*; to send without it, set tls: off under mail:$/);
  const allowed = await talk({ tls: 'offered' }, answer);
  assert.equal(
    allowed.lines.some((line) => line.startsWith('AUTH')),
    true,
    allowed.lines.join('\n'),
  );
});

const echoes: Readonly<Record<string, (line: string) => string>> = {
  'the command': (line) => `535 5.7.8 cannot do ${line}`,
  'the command in capitals': (line) => `502 unknown command ${line.toUpperCase()}`,
  'the command folded': (line) => `535-cannot do\r\n535 ${line.slice(0, 24)} ${line.slice(24)}`,
  'the decoded password': (line) =>
    `535 no ${Buffer.from(line.split(' ').at(-1)!, 'base64').toString().split('\0').at(-1)}`,
};
for (const method of ['PLAIN', 'LOGIN', 'CRAM-MD5']) {
  for (const [what, echo] of Object.entries(echoes)) {
    test(`a mail server that repeats ${what} of AUTH ${method} makes no password visible`, async () => {
      const heard: string[] = [];
      const { failure, logged } = await talk({ tls: 'off' }, (line) => {
        if (line.startsWith('EHLO')) return `250-hello\r\n250 AUTH ${method}`;
        if (line === 'AUTH LOGIN') return '334 VXNlcm5hbWU6';
        if (line === Buffer.from('logs').toString('base64')) return '334 UGFzc3dvcmQ6';
        if (line === 'AUTH CRAM-MD5') return `334 ${Buffer.from('<1@example.org>').toString('base64')}`;
        heard.push(line);
        return echo(line);
      });
      assert.equal(heard.length > 0, true);
      const shown = `${failure}${logged}`.toLowerCase();
      for (const form of [...formsOf('pässw0rd-Xy'), heard[0]!.split(' ').at(-1)!]) {
        assert.equal(shown.includes(form.toLowerCase()), false, `${failure} shows ${form}`);
        for (const part of [form.slice(0, 12), form.slice(-8)])
          assert.equal(shown.includes(part.toLowerCase()), false, failure);
      }
      assert.match(failure, /rejected user and password: 5\d\d/);
    });
  }
}

test('a mail server that hangs delays no judgement and no other channel', async () => {
  const { promise: hanging, resolve: release } = Promise.withResolvers<void>();
  await using smtp = await Smtp.start({ onMail: () => hanging });
  const settings = mailSchema.parse({ from: 'logs@example.org', smtp: `smtp://127.0.0.1:${smtp.port}` });
  const notifier = openMail({ settings, version: '1' });
  const paged: string[] = [];
  const page: Notifier = {
    name: 'page',
    send: async ({ incident }) => void paged.push(incident.id),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const lab = new Lab([{ ...RULE, to: ['ops@example.org', 'page'], resolve: 'on' }], {
    notifier,
    notifiers: { page },
    patience: 50,
  });
  await lab.passTo(1);
  await lab.arrive([{ text: 'fire' }]);
  await lab.passTo(2);
  await until('the page', () => paged.length === 1);
  await lab.passTo(4);
  await lab.arrive([{ text: 'fire' }]);
  await lab.passTo(5);
  await until('the next page', () => paged.includes('rule-2'));
  assert.equal(smtp.mails.length, 0);
  release();
  await until('the mails', async () => {
    await lab.round();
    lab.now += MINUTE;
    return smtp.mails.length >= 2;
  });
  assert.equal(new Set(smtp.mails.map(({ mail }) => mail.messageId)).size, smtp.mails.length);
  await notifier[Symbol.asyncDispose]();
});

test('nothing is tried while a channel is closed, and everything is sent once it is open', async () => {
  const lab = new Lab([RULE, { ...RULE, name: 'other' }]);
  lab.refuse = 'connection refused';
  await lab.passTo(1);
  await lab.arrive([{ text: 'fire' }]);
  await lab.passTo(20);
  const tries = lab.delivered!.deliveries.map(({ tries }) => tries).sort();
  assert.equal(tries[0], 0, 'one attempt closes the channel for both');
  assert.equal(outboxStatus(lab.delivered!.deliveries, lab.now).waiting, 2);
  lab.refuse = undefined;
  await lab.passTo(22);
  assert.equal(lab.sent.length, 2);
});

test('there is no second summary while the first is refused', async () => {
  let isBusy = true;
  const onMail = ({ mail }: { mail: { subject?: string | undefined } }): void => {
    if (isBusy && mail.subject!.startsWith('[SUMMARY]')) throw refusal(451, 'greylisted');
  };
  await using smtp = await Smtp.start({ onMail });
  await using notifier = mailTo(smtp.port);
  const lab = new Lab([RULE], { notifier, maxPerHour: 2 });
  for (let minute = 1; minute < 12; minute++) {
    await lab.passTo(minute);
    await lab.arrive([{ text: 'fire' }]);
  }
  isBusy = false;
  await lab.passTo(50);
  assert.deepEqual(
    smtp.mails.map(({ mail }) => mail.subject!.split(' ')[0]),
    ['[FIRING', '[SUMMARY]'],
  );
});

for (const [status, state] of [
  [422, 'refused'],
  [500, 'waiting'],
  [404, 'waiting'],
] as const) {
  test(`a webhook that answers ${status} leaves the notice ${state}`, async () => {
    const answer = `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`;
    using server = await portOf((socket) => socket.once('data', () => socket.end(answer)));
    const url = `http://127.0.0.1:${server.port}/`;
    const notifier = openWebhook({ settings: { kind: 'webhook', name: 'page', url }, server: 'logs', version: '1' });
    const lab = new Lab([RULE], { notifier });
    await lab.passTo(1);
    await lab.arrive([{ text: 'fire' }]);
    await lab.passTo(2);
    const [delivery] = lab.delivered!.deliveries;
    assert.deepEqual([delivery!.state, delivery!.failure], [state, `it answered ${status} No`]);
  });
}
