import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECRETS } from '../../src/pipeline/secrets.ts';
import { batchOf, messagesOf } from '../support/batches.ts';
import fc from '../support/fc.ts';
import { stageConformance } from './conformance.ts';
import { open, stage, through } from './kit.ts';

const everything = { what: [...SECRETS], patterns: ['key=\\w+'] };
const subject = fc.constantFrom({ message: 'from 10.0.0.1 key=7' }, { message: 'bob@example.org' });
stageConformance('redact', everything, subject);

const CASES: readonly (readonly [string, string])[] = [
  ['from 10.0.0.1:22 to 192.168.255.255.', 'from [ipv4]:22 to [ipv4].'],
  ['...10.0.0.1, ip=1.2.3.4;x10.1.1.1/8', '...[ipv4], ip=[ipv4];x[ipv4]/8'],
  ['version 1.2.3.4.5, 1.2.3, 256.1.1.1, 10.0.0.1234', 'version 1.2.3.4.5, 1.2.3, 256.1.1.1, 10.0.0.1234'],
  ['[2001:db8::1]:514 fe80::1%eth0 ::1 ::ffff:10.0.0.1', '[[ipv6]]:514 [ipv6]%eth0 [ipv6] [ipv6]'],
  ['addr:2001:db8::1, peer=2001:DB8:0:0:0:0:0:1.', 'addr:[ipv6], peer=[ipv6].'],
  [
    'at 12:34:56, std::string, 00:11:22:33:44:55, Perl::Mod, a: b:',
    'at 12:34:56, std::string, 00:11:22:33:44:55, Perl::Mod, a: b:',
  ],
  ['to=<bob.smith+x@mail.example.org>, jürgen@müller.example, root@localhost', 'to=<[email]>, [email], root@localhost'],
  ['card 4111111111111111, 4111 1111 1111 1111 and 5500-0000-0000-0004.', 'card [card], [card] and [card].'],
  ['id 123 378282246310005 x', 'id 123 [card] x'],
  ['at 1763902800000 id 4111111111111112 1234567890123456', 'at 1763902800000 id 4111111111111112 1234567890123456'],
  ['Authorization: Bearer abc.def-123_x~y/z+==, next', 'Authorization: Bearer [bearer], next'],
  ['authorization: basic dXNlcjpwYXNz', 'authorization: basic [bearer]'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-1 end', 'jwt [bearer] end'],
  ['bearer of bad news', 'bearer of bad news'],
  ['nothing of all this', 'nothing of all this'],
];

for (const [message, want] of CASES) {
  test(`redact: ${message}`, async () => {
    const { left, counted } = await through([stage({ kind: 'redact', what: [...SECRETS] })], [{ message }]);
    assert.equal(left[0]!.message, want);
    assert.equal(counted, message === want ? 0 : 1);
  });
}

test('redact replaces matches of an RE2 pattern by another text', async () => {
  const one = stage({ kind: 'redact', patterns: ['(?i)password=\\S+'], with: '***$1' });
  const { left } = await through([one], [{ message: 'user=bob Password=geheim§ x' }]);
  assert.equal(left[0]!.message, 'user=bob ***$1 x');
});

const SECRET = 'bob@example.org';
const draft = {
  message: `mail ${SECRET}`,
  structured_data: [{ id: 'a@1', params: [{ name: 'n', value: `]"\\ ${SECRET}` }] }],
  fields: [
    { name: 'to', value: SECRET },
    { name: 'card', value: 4_111_111_111_111_111 },
  ],
  raw: Buffer.concat([Buffer.from(`<13>mail ${SECRET} \xe4`, 'latin1')]),
} as const;

test('redact hides secrets in the text, structured data, fields and the raw frame', async () => {
  const stages = [stage({ kind: 'redact', what: ['email', 'card'] })];
  const { left } = await through(stages, [draft]);
  assert.deepEqual(left[0]!.structured_data, { 'a@1': { n: ']"\\ [email]' } });
  assert.deepEqual(left[0]!.fields, { to: '[email]', card: '[card]' });
  assert.equal(Buffer.from(left[0]!.raw!).toString('latin1'), '<13>mail [email] \xe4');
  assert.equal(left[0]!.message, 'mail [email]');
});

test('redact loses the text rather than show it, if the arena has no room', async () => {
  const { pipeline } = await open([stage({ kind: 'redact', what: ['email', 'card'] })]);
  const batch = batchOf([draft]);
  pipeline.run(batch);
  const [message] = messagesOf(batch);
  assert.equal(message!.message, '*'.repeat(draft.message.length));
  assert.ok(!JSON.stringify({ ...message, raw: '' }).includes('bob') && message!.raw === undefined);
});

test('redact takes linear time for hostile texts', async () => {
  const long = [
    'a'.repeat(60_000),
    '1 '.repeat(30_000),
    '1.'.repeat(30_000),
    'a:'.repeat(30_000),
    'eyJ'.repeat(20_000),
    'a.@'.repeat(20_000),
  ];
  const drafts = long.map((message) => ({ message: `${message}4@.:` }));
  const started = performance.now();
  const { left } = await through([stage({ kind: 'redact', what: [...SECRETS] })], drafts);
  assert.equal(left.length, long.length);
  assert.ok(performance.now() - started < 20_000, 'a second would be a lot, and quadratic time is minutes');
});
