import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../../../src/alert/notices/notice.ts';
import { createAlertService } from '../../../src/alert/index.ts';
import { openMail } from '../../../src/alert/delivery/notifiers/mail.ts';
import { mailSchema } from '../../../src/alert/delivery/settings.ts';
import { wordingOf } from '../../../src/alert/wording/wording.ts';
import { memoryState } from '../../../src/store/memory/state.ts';
import { refusal, Smtp } from '../../support/smtp.ts';
import { digestOf } from './digests.ts';
import { Lab, MINUTE, ruleOf, START } from '../lab.ts';

const HOUR = 60 * MINUTE;
const digests = (lab: Lab): Notice[] => lab.sent.map(({ notice }) => notice).filter(({ kind }) => kind === 'digest');
const sections = (notice: Notice) => new Map(wordingOf(notice).sections!.map(({ title, lines }) => [title, lines]));
/** Noon on a day of this month, in minutes after the start. */
const noon = (day: number) => (Date.UTC(2026, 10, day, 12) - START) / MINUTE;

test('a daily mail says that the server is alive, what is wrong, and what the day was like', async () => {
  await using smtp = await Smtp.start();
  const settings = mailSchema.parse({ from: 'logs@example.org', smtp: `smtp://127.0.0.1:${smtp.port}` });
  await using notifier = openMail({ settings, version: '1.2.3' });
  const rule = { name: 'fires', kind: 'count', query: 'fire', window: '1h', above: 0, to: ['ops@example.org'] };
  const lab = new Lab([rule], { notifier, digest: digestOf() });
  await lab.passTo(1);
  await lab.arrive([
    { text: 'disk 1 failed', app: 'kernel' },
    { text: 'all is well', severity: 6 },
  ]);
  await lab.passTo(noon(23) + 1);
  const learned = sections(digests(lab)[0]!).get('New kinds of messages among severity:<=err')!;
  assert.deepEqual(learned, ['1 kind of message known from now on; the next digest reports new ones']);
  lab.jumpTo(noon(24) - 2);
  const evil = '<img src=x onerror=alert(1)>\r\nBcc: a@b\u202e';
  await lab.arrive([
    ...Array(3).fill({ text: 'disk 2 failed', app: 'kernel' }),
    ...Array(20).fill({ text: 'fan 7 stopped', app: 'ipmi', host: 'db1' }),
    { text: `fire ${evil}`, app: evil, host: evil },
  ]);
  await lab.passTo(noon(24) + 1);
  assert.equal(digests(lab).length, 2);
  const { mail, to, raw } = smtp.mails.find(({ mail: { subject } }) => subject!.includes('24 messages'))!;
  assert.deepEqual(to, ['ops@example.org']);
  assert.equal(mail.subject, '[DAILY] alive: 24 messages from 3 hosts, 1 rule firing, 1,204 messages dropped');
  const text = mail.text!;
  const lines = text.split('\n');
  assert.equal(
    lines[0],
    'ALIVE at 2026-11-24 12:00:00 +00:00 - 24 messages from 3 hosts since 2026-11-23 12:00:00 +00:00; 1 rule firing, 1,204 messages dropped',
  );
  assert.equal(lines[1], '2 messages in the period before (12 times as many)');
  assert.match(text, /^Firing:\n {2}fires-\d+: 1 match since /m);
  assert.match(text, /^Dropped or lost:\n {2}udp0: by the kernel: 1,204$/m);
  assert.match(text, /^New kinds of messages among severity:<=err:\n {2}ipmi: fan <n> stopped {2}x20\n {2}<img src=x/m);
  assert.doesNotMatch(text, /kernel: disk/);
  assert.match(text, /^Busiest hosts:\n {2}db1: 20 \(new\)\n {2}web1: 3 \(\+50 %\)$/m);
  assert.match(text, /^Busiest programs:\n {2}ipmi: 20 \(new\)\n {2}kernel: 3 \(\+200 %\)$/m);
  assert.match(text, /^ {2}5 MiB stored of at most 50 GiB, growing by 1 MiB a day; 1 GiB free on the disk$/m);
  assert.match(text, /^ {2}at this rate, on 2027-01-03 max_disk will be reached, and the oldest messages deleted$/m);
  assert.match(
    text,
    /^The next digest comes at 2026-11-25 12:00:00 \+00:00\. If it does not, nothing is being watched\.$/m,
  );
  assert.match(text, /sent daily because of digest: in its configuration$/m);
  assert.doesNotMatch(text, /\u202e/);
  const html = mail.html as string;
  assert.match(html, /Busiest hosts.*db1: 20/);
  assert.doesNotMatch(html, /<img|<script|<a |\u202e/);
  assert.doesNotMatch(raw.slice(0, raw.indexOf('\r\n\r\n')), /^bcc:/im);
  assert.equal(mail.headers.get('x-log-state'), 'digest');
  assert.equal(mail.inReplyTo, undefined);
});

test('a digest is sent for a day on which nothing happened', async () => {
  const facts = {
    drops: async () => ({ reasons: [], faults: [] }),
    disk: () => Promise.reject(new Error('disk away')),
  };
  const lab = new Lab([], { digest: { ...digestOf(), facts } });
  await lab.passTo(noon(23) + 1);
  const { subject, headline, doubts } = wordingOf(digests(lab)[0]!);
  assert.equal(subject, '[DAILY] alive: 0 messages from 0 hosts, all is well');
  assert.match(headline, /^ALIVE at .*; all is well$/);
  assert.deepEqual(doubts, ['cannot determine disk usage: disk away']);
});

test('a digest is sent although the store answers no query', async () => {
  const lab = new Lab([], { digest: digestOf() });
  const away = () => Promise.reject(new Error('it takes too long'));
  const store = { ...lab.world.store, aggregate: away, find: lab.world.store.find.bind(lab.world.store) };
  const alerting = await lab.beside('lab', { store });
  await alerting.round();
  lab.jumpTo(noon(23) + 1);
  await alerting.round();
  const { subject, doubts } = wordingOf(digests(lab)[0]!);
  assert.match(subject, /^\[DAILY\] alive: /);
  assert.equal(doubts.length, 4);
  assert.equal(doubts[0], 'cannot determine the number of messages: it takes too long');
});

test('each tick has one digest across restarts, and all missed ticks share one', async () => {
  const lab = new Lab([], { digest: digestOf() });
  await lab.passTo(noon(23) - 1);
  await lab.round();
  lab.refuse = 'no mail server';
  await lab.passTo(noon(23) + 1);
  lab.restart();
  lab.refuse = undefined;
  await lab.passTo(noon(23) + 3);
  assert.equal(digests(lab).length, 1);
  assert.equal(lab.delivered!.deliveries[0]!.tries > 0, true);
  lab.jumpTo(noon(26) + 60);
  lab.restart();
  await lab.round();
  await lab.passTo(noon(26) + 62);
  const [, second, ...more] = digests(lab);
  assert.equal(more.length, 0);
  const [from, to] = [Date.UTC(2026, 10, 23, 12), Date.UTC(2026, 10, 26, 12)];
  assert.deepEqual(second!.window, { from, to });
  lab.now -= 2 * HOUR;
  await lab.passTo(noon(26) + 62);
  assert.equal(digests(lab).length, 2, 'a clock that was set back causes no second digest');
});

test('a digest that was recorded but not put into the outbox is put there later, unchanged', async () => {
  const lab = new Lab([], { digest: digestOf() });
  await lab.passTo(noon(23) - 1);
  const { state } = lab.world;
  let isDown = true;
  const put: typeof state.put = async (key, value, revision) => {
    if (isDown && key.startsWith('outbox/')) throw new Error('the store is away');
    return state.put(key, value, revision);
  };
  const world = {
    state: { ...state, put, get: state.get.bind(state), scan: state.scan.bind(state), lease: state.lease.bind(state) },
  };
  const first = await lab.beside('lab', world);
  lab.jumpTo(noon(23) + 1);
  await assert.rejects(first.round(), /the store is away/);
  const kept = (await state.get('digest/state'))!.value as { pending: { id: string }[] };
  isDown = false;
  lab.restart();
  await lab.passTo(noon(23) + 3);
  assert.deepEqual(
    digests(lab).map(({ id }) => id),
    kept.pending.map(({ id }) => id),
  );
  assert.equal(digests(lab).length, 1);
});

test('only one of two nodes writes the digest', async () => {
  const lab = new Lab([], { digest: digestOf() });
  const [first, second] = [await lab.beside('first'), await lab.beside('second')];
  for (const minute of [0, noon(23) - 1, noon(23), noon(23) + 1, noon(23) + 2]) {
    lab.jumpTo(minute);
    await Promise.all([first.round(), second.round()]);
  }
  assert.equal(digests(lab).length, 1);
});

for (const [what, month, day] of [
  ['spring', 2, 28],
  ['autumn', 9, 24],
] as const) {
  test(`there is one digest a day when the clock changes in ${what}`, async () => {
    const lab = new Lab([], { digest: digestOf({ schedule: '30 2 * * *', timezone: 'Europe/Berlin' }) });
    lab.jumpTo((Date.UTC(2027, month, day) - START) / MINUTE);
    await lab.round();
    for (let quarter = 0; quarter < 3 * 24 * 4; quarter++) {
      lab.jumpTo((lab.now - START) / MINUTE + 15);
      await lab.round();
    }
    assert.equal(digests(lab).length, 3);
    const days = digests(lab).map(({ at }) => new Date(at).toLocaleDateString('sv-SE', { timeZone: 'Europe/Berlin' }));
    assert.equal(new Set(days).size, days.length);
  });
}

test('a digest is sent beyond the hourly limit and does not count towards it', async () => {
  const rule = { kind: 'match', query: 'fire', schedule: '* * * * *', window: '5m', to: ['ops@example.org'] };
  const lab = new Lab([rule], { digest: digestOf({ schedule: '5 9 * * *' }), maxPerHour: 3 });
  for (let minute = 1; minute < 9; minute++) {
    await lab.passTo(minute);
    await lab.arrive([{ text: 'fire' }]);
  }
  await lab.passTo(10);
  const kinds = lab.sent.map(({ notice }) => notice.kind);
  assert.deepEqual(
    [kinds.filter((kind) => kind === 'digest').length, kinds.filter((kind) => kind !== 'digest').length],
    [1, 3],
  );
});

test('a digest is bounded in size, and lists unsent notices and rules that are not judged', async () => {
  const gone = (recipient: string): void => {
    if (recipient.startsWith('gone@')) throw refusal(550, 'no such user');
  };
  await using smtp = await Smtp.start({ onRecipient: gone });
  const settings = mailSchema.parse({ from: 'logs@example.org', smtp: `smtp://127.0.0.1:${smtp.port}` });
  await using notifier = openMail({ settings, version: '1' });
  const rule = {
    name: 'fires',
    kind: 'match',
    query: 'fire',
    schedule: '* * * * *',
    window: '5m',
    to: ['gone@example.org'],
  };
  const lab = new Lab([rule], { notifier, digest: digestOf() });
  await lab.passTo(noon(23) + 1);
  await lab.arrive([
    { text: 'fire' },
    ...Array.from({ length: 400 }, (_, i) => ({
      text: `${'word '.repeat(30 + (i % 7))}kind${'x'.repeat(i)}`,
      app: `app${i}`,
      host: `h${i}-${'y'.repeat(300)}`,
    })),
  ]);
  lab.jumpTo(noon(24) - 20);
  await lab.round();
  lab.restart([rule, { ...rule, name: 'broken' }]);
  await lab.world.state.put('rule/broken', { tick: START }, 0);
  await lab.passTo(noon(24) + 1);
  const notice = digests(lab).at(-1)!;
  assert.ok(JSON.stringify(notice).length < 20_000);
  const found = sections(notice);
  assert.equal(found.get('New kinds of messages among severity:<=err')!.length, 21);
  assert.match(found.get('New kinds of messages among severity:<=err')!.at(-1)!, /^and 381 more$/);
  assert.equal(found.get('Busiest hosts')!.length, 10);
  assert.match(
    found.get('Not sent')![0]!,
    /^1 notice rejected for good, the last for gone@example\.org .* 550 no such user$/,
  );
  assert.ok(found.get('Rules that are not judged')![0]!.startsWith('broken: last judged '));
});

test('the digest is shown without being sent, and sent on request', async () => {
  const lab = new Lab([], { digest: digestOf() });
  await lab.passTo(1);
  await lab.arrive([{ text: 'disk 1 failed', app: 'kernel' }]);
  await lab.passTo(2);
  const parts = { world: lab.world, rules: () => [ruleOf({ kind: 'match' })], maxPerHour: () => 20 };
  const scratch = () => memoryState(() => lab.now);
  const service = createAlertService({ ...parts, digest: () => digestOf(), scratch });
  const { subject, text } = await service.digest();
  assert.equal(subject, '[DAILY] alive: 1 message from 1 host, 1,204 messages dropped, 1 rule not judged');
  assert.match(text, /^ALIVE at 2026-11-23 09:02:00/);
  await lab.passTo(5);
  assert.equal(lab.sent.length, 0);
  assert.deepEqual(await service.sendDigest(), ['ops@example.org']);
  await lab.passTo(7);
  assert.equal(digests(lab).length, 1);
  const unaddressed = createAlertService({ ...parts, digest: () => digestOf({ to: [] }), scratch });
  await assert.rejects(
    unaddressed.sendDigest(),
    /cannot send the digest: digest: in the configuration has no recipients/,
  );
});
