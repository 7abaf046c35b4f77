import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { openMail } from '../../../src/alert/delivery/notifiers/mail.ts';
import { mailSchema } from '../../../src/alert/delivery/settings.ts';
import { Smtp, type SmtpOptions, type Taken } from '../../support/smtp.ts';
import { HOSTILE } from '../hostile.ts';
import { Lab, type Line, START } from '../lab.ts';

const RULE = {
  name: 'nginx-errors',
  kind: 'count',
  query: 'appname:nginx',
  window: '10m',
  above: 2,
  by: ['hostname'],
  severity: 'err',
  runbook: 'restart the upstream, then call Ada',
  timezone: 'Europe/Berlin',
};

type World = AsyncDisposable & { readonly lab: Lab; readonly smtp: Smtp };

async function world(rule: object = RULE, options: SmtpOptions = {}): Promise<World> {
  const smtp = await Smtp.start(options);
  const settings = mailSchema.parse({
    from: 'logs <logs@example.org>',
    ...(options.login && { tls: 'off' }),
    smtp: `smtp://${options.login ? `${options.login.user}@` : ''}127.0.0.1:${smtp.port}`,
  });
  const notifier = openMail({ settings, version: '1.2.3', ...(options.login && { password: options.login.password }) });
  const lab = new Lab([rule], { notifier });
  return {
    lab,
    smtp,
    [Symbol.asyncDispose]: async () => {
      await notifier[Symbol.asyncDispose]();
      await smtp[Symbol.asyncDispose]();
    },
  };
}

async function fire({ lab }: World, lines: readonly Line[]): Promise<void> {
  await lab.passTo(1);
  await lab.arrive(lines);
  await lab.passTo(5);
}

/** All headers that a mail may have. */
const HEADERS = [
  ...['auto-submitted', 'content-type', 'date', 'from', 'in-reply-to', 'list-id', 'message-id', 'mime-version'],
  ...['references', 'subject', 'to', 'x-auto-response-suppress'],
  ...['count', 'host', 'incident', 'rule', 'severity', 'state'].map((name) => `x-log-${name}`),
];
/** Control characters, and characters that change the direction of writing. */
const UNSEEN = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

const THREE: Line[] = [
  { text: 'upstream timed out (110)', host: 'web1' },
  { text: 'upstream timed out (111)', host: 'web1' },
  { text: 'upstream timed out (112)', host: 'web1' },
];

test('a mail reports what, where, how many, since when, why, and what to do next', async () => {
  await using it = await world();
  await fire(it, THREE);
  await it.lab.passTo(15);
  const [firing, ok] = it.smtp.mails;
  assert.deepEqual(it.lab.short, ['firing 5 x3', 'resolved 15 x3']);
  const { mail, from, to } = firing!;
  assert.deepEqual([from, to], ['logs@example.org', ['ops@example.org']]);
  assert.equal(mail.subject, '[FIRING err x3] web1 nginx: upstream timed out (110) (rule nginx-errors)');
  assert.equal(mail.from?.text, '"logs" <logs@example.org>');
  const lines = mail.text!.split('\n');
  assert.equal(lines[0], 'FIRING since 2026-11-23 09:55:00 +01:00 (08:55Z) - 3 matches (more than 2 in 10m)');
  assert.equal(lines[1], 'hostname: web1 3');
  assert.equal(lines[2], 'rule nginx-errors: more than 2 in 10m');
  assert.equal(lines[3], 'query: appname:nginx');
  assert.equal(lines[4], 'runbook: restart the upstream, then call Ada');
  assert.match(mail.text!, /^ {2}2026-11-23 10:01:00 \+01:00 web1 nginx err: upstream timed out \(110\)$/m);
  assert.match(
    mail.text!,
    /^ {2}cordwood search -S '2026-11-23 08:55:00\.000 \+00:00' -U '[^']+' 'appname:nginx hostname:web1'$/m,
  );
  assert.match(mail.text!, /^ {2}cordwood alert ack nginx-errors-1$/m);
  assert.match(mail.text!, /the next notice comes at 2026-11-23 14:05:00 \+01:00/);
  assert.match(mail.text!, new RegExp(`^cordwood 1\\.2\\.3 on ${hostname()}; sent for the rule nginx-errors`, 'm'));
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
  assert.equal(mail.headers.get('x-log-state'), 'firing');
  assert.equal(mail.headers.get('x-log-count'), '3');
  assert.equal(mail.headers.get('x-log-host'), 'web1');
  assert.match(firing!.raw, /^List-I[dD]: "log alerts" <nginx-errors\.alerts\.example\.org>\r$/m);
  assert.equal(mail.date?.getTime(), START + 5 * 60_000);
  assert.match(mail.html as string, /upstream timed out \(110\)/);
  assert.doesNotMatch(mail.html as string, /<img|<script|src=|href=/);
  assert.equal(ok!.mail.subject, '[OK] web1 nginx: upstream timed out (110) (rule nginx-errors) after 20m');
  assert.equal(ok!.mail.inReplyTo, mail.inReplyTo);
  assert.notEqual(ok!.mail.messageId, mail.messageId);
});

for (const [name, text] of Object.entries(HOSTILE)) {
  test(`text from a log adds no header, no recipient and no code to a mail: ${name}`, async () => {
    const runbook = text.replaceAll(/[\r\n]/g, ' ').slice(0, 500);
    await using it = await world({ ...RULE, query: '*', above: 0, by: ['hostname', 'appname', 'procid'], runbook });
    await fire(it, [{ text, host: text.slice(0, 255), app: text.slice(0, 48) }, { text }, ...THREE]);
    const [{ raw, mail, to }, ...more] = it.smtp.mails as [Taken, ...Taken[]];
    assert.equal(more.length, 0);
    assert.deepEqual(to, ['ops@example.org']);
    assert.equal((mail.to as { text: string }).text, 'ops@example.org');
    const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
    assert.match(head, /^[\x20-\x7e\r\n\t]*$/);
    for (const line of head.split('\r\n')) assert.ok(line.length <= 998, `${line.length}`);
    const names = head.match(/^[^\s:]+(?=:)/gm)!.map((header) => header.toLowerCase());
    assert.deepEqual(names.sort(), HEADERS);
    assert.ok([...mail.subject!].length <= 210, mail.subject);
    assert.doesNotMatch(mail.subject!, UNSEEN);
    // Our own encoded words are decoded by now: none is left for a mail program to decode.
    assert.doesNotMatch(mail.subject!, /=\?[^ ?]+\?[bq]\?/i);
    assert.doesNotMatch(mail.text!, UNSEEN);
    assert.doesNotMatch(mail.html as string, UNSEEN);
    assert.equal(raw.match(/^Content-Type: text\/(?:plain|html); charset=utf-8\r$/gm)?.length, 2, 'two parts');
    assert.equal(mail.attachments.length, 0);
    assert.ok(raw.length < 250_000, `${raw.length}`);
  });
}

test('the mail server gets user and password, and a refused mail is sent again with the same id', async () => {
  const ids: (string | undefined)[] = [];
  const onMail = ({ mail }: Taken): void => {
    ids.push(mail.messageId);
    if (ids.length === 1) throw new Error('try later');
  };
  await using it = await world({ ...RULE, resolve: 'off' }, { login: { user: 'logs', password: 'secret' }, onMail });
  await fire(it, THREE);
  assert.equal(it.smtp.mails.length, 0);
  await it.lab.passTo(10);
  assert.equal(it.smtp.mails.length, 1);
  assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
});
