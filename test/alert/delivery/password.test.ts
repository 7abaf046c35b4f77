import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outboxStatus } from '../../../src/alert/delivery/outbox.ts';
import { openMail } from '../../../src/alert/delivery/notifiers/mail.ts';
import { mailSchema } from '../../../src/alert/delivery/settings.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Smtp } from '../../support/smtp.ts';
import { Lab } from '../lab.ts';
import { patience, portOf, RULE } from './mail-lab.ts';

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
