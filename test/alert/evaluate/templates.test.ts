import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Templates } from '../../../src/alert/evaluate/templates.ts';
import { Lab } from '../lab.ts';

function same(...messages: string[]): void {
  test(`messages of one kind have one template: ${messages[0]}`, () => {
    const templates = new Templates();
    const names = messages.map((message) => templates.nameOf('app', message));
    assert.equal(new Set(names).size, 1, names.join(' | '));
    assert.notEqual(names[0], undefined);
  });
}

function apart(...messages: string[]): void {
  test(`messages of different kinds have different templates: ${messages[0]}`, () => {
    const templates = new Templates();
    assert.equal(new Set(messages.map((message) => templates.nameOf('app', message))).size, messages.length);
  });
}

same('took 12 ms', 'took 3.5 ms');
same('from 10.0.0.1 port 22', 'from 192.0.2.7 port 50122');
same('from 2001:db8::1 port 22', 'from fe80::1 port 22');
same('user "Ada" logged in', 'user "Grace Hopper" logged in');
same('id 550e8400-e29b-41d4-a716-446655440000 gone', 'id 123e4567-e89b-12d3-a456-426614174000 gone');
same('mail to ada@example.org sent', 'mail to grace@example.com sent');
same('Accepted publickey for ada from 10.0.0.1', 'Accepted publickey for grace from 10.0.0.2');
same('commit deadbeef01 pushed', 'commit 0123abcdef pushed');
apart('disk failed', 'disk mended');
apart('connection opened', 'connection from 10.0.0.1 opened');
apart('a b c d', 'e f g h');

test('each program has its own templates, and stored templates are continued', () => {
  const templates = new Templates();
  templates.nameOf('a', 'user ada logged in');
  templates.nameOf('a', 'user grace logged in');
  const kept = new Templates(JSON.parse(JSON.stringify(templates.stored())));
  assert.equal(kept.nameOf('a', 'user linus logged in'), 'user ada logged in');
  assert.equal(kept.nameOf('b', 'user linus logged in'), 'user linus logged in');
});

test('the number of stored templates is bounded', () => {
  const templates = new Templates();
  const words = Array.from({ length: 600 }, (_, i) => String.fromCharCode(...[i % 26, i / 26].map((n) => 97 + n)));
  const names = words.map((word) => templates.nameOf('app', `${word}${word}x ${word}y`));
  assert.equal(names.filter((name) => name !== undefined).length, 500);
});

test('a new kind of message is reported once, and not while learning', async () => {
  const lab = new Lab([{ kind: 'new', query: '*', schedule: '*/5 * * * *', window: '5m', learn: '30m' }]);
  await lab.passTo(1);
  await lab.arrive([{ text: 'took 12 ms' }, { text: 'user ada logged in' }]);
  await lab.passTo(36);
  await lab.arrive([
    { text: 'took 99 ms' },
    { text: 'user grace logged in' },
    { text: 'panic: out of memory', app: 'db' },
  ]);
  await lab.passTo(41);
  lab.restart();
  await lab.arrive([{ text: 'panic: out of memory', app: 'db' }]);
  await lab.passTo(60);
  assert.deepEqual(lab.short, ['firing 40 x1']);
  assert.deepEqual(lab.sent[0]!.notice.incident.keys, [['["db","panic: out of memory"]', 1]]);
});
