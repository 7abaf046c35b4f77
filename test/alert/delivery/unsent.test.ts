import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { Notifier } from '../../../src/alert/delivery/notifier.ts';
import { outboxStatus } from '../../../src/alert/delivery/outbox.ts';
import { openMail } from '../../../src/alert/delivery/notifiers/mail.ts';
import { openWebhook } from '../../../src/alert/delivery/notifiers/webhook.ts';
import { mailSchema } from '../../../src/alert/delivery/settings.ts';
import { refusal, Smtp } from '../../support/smtp.ts';
import { until } from '../../support/until.ts';
import { Lab, MINUTE, START } from '../lab.ts';
import { type Extra, fired, mailTo, portOf, RULE } from './mail-lab.ts';

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
