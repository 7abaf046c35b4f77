import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Notifier } from '../../../src/alert/delivery/notifier.ts';
import { openMail } from '../../../src/alert/delivery/notifiers/mail.ts';
import { mailSchema } from '../../../src/alert/delivery/settings.ts';
import { Smtp } from '../../support/smtp.ts';
import { lastOf, STORIES } from '../kinds.ts';

type Want = {
  readonly subject: string;
  /** The first line, and lines that must be among the others. */
  readonly first: string;
  readonly lines: readonly string[];
  /** X-Log-State, -Severity, -Count, -Host. */
  readonly headers: readonly [state: string, severity: string, count: string, host: string | undefined];
};

const RUNBOOK = 'runbook: https://wiki.example.org/upstream: restart it, then call Ada';
const NGINX =
  'nginx: *1000 upstream timed out (110: Connection timed out) while reading response head… (rule nginx-errors)';
const ABOVE = 'rule nginx-errors: more than 20 in 10m';
const QUERY = 'query: appname:nginx severity:<=err';

const WANTED: Readonly<Record<string, Want>> = {
  count: {
    subject: `[FIRING err x57] web1,web2 ${NGINX}`,
    first: 'FIRING since 2026-11-23 09:55:00 +01:00 (08:55Z) - 57 matches (more than 20 in 10m)',
    lines: [
      'hostname: web1 31, web2 26',
      ABOVE,
      QUERY,
      RUNBOOK,
      '  cordwood alert ack nginx-errors-1',
      'While it lasts, the next notice comes at 2026-11-23 14:05:00 +01:00. A notice follows when it is over.',
    ],
    headers: ['firing', 'err', '57', 'web1'],
  },
  repeat: {
    subject: `[STILL FIRING err x57] web1,web2 ${NGINX}`,
    first: 'STILL FIRING since 2026-11-23 09:55:00 +01:00 (08:55Z) - 57 matches (more than 20 in 10m)',
    lines: [
      ABOVE,
      'While it lasts, the next notice comes at 2026-11-23 10:15:00 +01:00. A notice follows when it is over.',
    ],
    headers: ['repeat', 'err', '57', 'web1'],
  },
  resolved: {
    subject: `[OK] web1,web2 ${NGINX} after 20m`,
    first: 'OK since 2026-11-23 10:15:00 +01:00, after 20m - 57 matches (more than 20 in 10m)',
    lines: ['hostname: web1 31, web2 26', ABOVE],
    headers: ['resolved', 'err', '57', 'web1'],
  },
  absence: {
    subject: '[FIRING err] db1 no message in 10m (rule backup)',
    first: 'FIRING since 2026-11-23 10:05:00 +01:00 (09:05Z) - no message in 10m',
    lines: [
      ...['hostname: db1', 'rule backup: no message in 10m', 'query: appname:borg message:finished', RUNBOOK],
      'See the last matching messages, from before:',
    ],
    headers: ['firing', 'err', '0', 'db1'],
  },
  ratio: {
    subject: '[FIRING err x15] web1 shop: request 0 failed (rule failures)',
    first:
      'FIRING since 2026-11-23 10:00:00 +01:00 (09:00Z) - 15 matches (more than 0.2 times the count of request, in 5m)',
    lines: ['hostname: web1 15', 'rule failures: more than 0.2 times the count of request, in 5m', 'query: failed'],
    headers: ['firing', 'err', '15', 'web1'],
  },
  match: {
    subject: '[FIRING crit x1] db3 kernel: Out of memory: Killed process 4711 (mongod) total-vm:9876544kB (rule oom)',
    first: 'FIRING since 2026-11-23 10:01:00 +01:00 (09:01Z) - 1 match (every message that matches)',
    lines: [
      'rule oom: every message that matches',
      'query: "out of memory"',
      'The next notice of this rule can come at 2026-11-23 10:10:00 +01:00.',
    ],
    headers: ['firing', 'crit', '1', 'db3'],
  },
  new: {
    subject: '[FIRING err x1] db3 kernel: disk sda1 failed at sector 4711 (rule news)',
    first:
      'FIRING since 2026-11-23 11:10:00 +01:00 (10:10Z) - 1 match (a kind of message never seen before, after learning for 1h)',
    lines: [
      'appname, template: kernel disk sda<n> failed at sector <n> 1',
      '  2026-11-23 11:10:00 +01:00 db3 kernel err: disk sda1 failed at sector 4711',
    ],
    headers: ['firing', 'err', '1', 'db3'],
  },
  late: {
    subject: `[LATE err x31] web9 ${NGINX}`,
    first:
      'FIRED from 2026-11-23 10:05:00 +01:00 to 2026-11-23 10:20:00 +01:00, found only now - 31 matches (more than 20 in 10m)',
    lines: ['hostname: web9 31', ABOVE, '! these messages came 41m late, from a receiver that had been away'],
    headers: ['late', 'err', '31', 'web9'],
  },
  delayed: {
    subject: `[OK] web1 ${NGINX} after 20m`,
    first: 'OK since 2026-11-23 10:15:00 +01:00, after 20m - 30 matches (more than 20 in 10m)',
    lines: [
      '! 30 of 30 messages arrived more than 5 minutes after they were sent',
      '! judged 49m late: no server was there to judge it in time',
    ],
    headers: ['resolved', 'err', '30', 'web1'],
  },
  silent: {
    subject: '[SILENT] db3,db4: no message for 40m (usually every 10m 45s)',
    first: 'SILENT - db3,db4: no message for 40m (usually every 10m 45s)',
    lines: ['db3: last message 2026-11-24 10:00:00 +00:00', "  cordwood hosts retire 'db3'"],
    headers: ['firing', 'warning', '0', 'db3,db4'],
  },
  back: {
    subject: '[OK] db3,db4: sends again',
    first: 'OK - db3,db4: sends again',
    lines: ['db3: last message 2026-11-24 11:00:00 +00:00'],
    headers: ['resolved', 'warning', '0', 'db3,db4'],
  },
  summary: {
    subject: '[SUMMARY] 10 rules, 570 matches, 1 group, 09:55-10:05',
    first:
      'SUMMARY of 10 notices beyond the hourly limit - 570 matches from 2026-11-23 09:55:00 +01:00 to 2026-11-23 10:05:00 +01:00',
    lines: ['rule-10: 57 matches in 1 notice not sent', '  cordwood alert list'],
    headers: ['summary', 'err', '57', undefined],
  },
  digest: {
    subject: '[DAILY] alive: 92 messages from 3 hosts, 1 rule firing, 1,204 messages dropped',
    first:
      'ALIVE at 2026-11-23 12:00:00 +00:00 - 92 messages from 3 hosts since 2026-11-23 09:01:00 +00:00; 1 rule firing, 1,204 messages dropped',
    lines: ['  nginx-errors-2: 30 matches since 2026-11-23 11:50:00 +00:00'],
    headers: ['digest', 'info', '92', undefined],
  },
};

suite('a mail server gets the right mail of each kind:', () => {
  let smtp: Smtp;
  let mail: Notifier;
  before(async () => {
    smtp = await Smtp.start();
    const settings = mailSchema.parse({ from: 'logs@example.org', smtp: `smtp://127.0.0.1:${smtp.port}` });
    mail = openMail({ settings, version: '1.2.3' });
  });
  after(async () => {
    await mail[Symbol.asyncDispose]();
    await smtp[Symbol.asyncDispose]();
  });

  for (const { name } of STORIES) {
    test(name, async () => {
      const notice = await lastOf(name);
      await mail.send(notice, 'ops@example.org');
      const { mail: got, to, from } = smtp.mails.at(-1)!;
      const { subject, first, lines, headers } = WANTED[name]!;
      const [head, ...rest] = got.text!.split('\n');
      assert.deepEqual([got.subject, head], [subject, first]);
      for (const line of lines) assert.ok(rest.includes(line), `${line}\n\nis not in\n\n${got.text}`);
      const found = ['state', 'severity', 'count', 'host'].map((header) => got.headers.get(`x-log-${header}`));
      assert.deepEqual(found, headers);
      assert.deepEqual([from, to, got.from?.text], ['logs@example.org', ['ops@example.org'], 'logs@example.org']);
      assert.equal(got.messageId, `<${notice.id}@example.org>`);
      assert.equal(got.date?.getTime(), notice.at);
      assert.equal(got.headers.get('x-log-rule'), notice.rule);
    });
  }
});
