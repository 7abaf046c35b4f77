import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRelpFramer, numberAfter, type RelpCommand, type RelpFramer } from '../../src/frame/relp-framer.ts';
import fc from '../support/fc.ts';
import { relpFrame } from '../support/relp.ts';
import { Gathered, type Seen } from './splits.ts';

const MAX = 16;
const FUZZ = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000);

/** The messages and commands of a stream, in order. */
type Result = { readonly seen: readonly (Seen | RelpCommand)[]; readonly violation: string | undefined };

function read(stream: Buffer, cuts: readonly number[], options: { max?: number; first?: number } = {}): Result {
  const seen: (Seen | RelpCommand)[] = [];
  const { max: maxFrame = MAX, first = 1 } = options;
  const framer = createRelpFramer({ maxFrame, first, onCommand: (command) => seen.push(command) > 0 });
  let from = 0;
  for (const to of [...cuts, stream.length]) {
    push(framer, stream.subarray(from, to), seen);
    from = to;
  }
  framer.end(() => assert.fail('an unfinished frame is its sender’s'));
  assert.equal(framer.pending, 0);
  assert.equal(framer.empty, seen.filter((one) => 'kind' in one && one.kind === 'empty').length);
  assert.equal(framer.oversize, seen.filter((one) => 'flags' in one && one.flags !== 0).length);
  return { seen, violation: framer.violation };
}

function push(framer: RelpFramer, chunk: Buffer, seen: (Seen | RelpCommand)[]): void {
  framer.push(chunk, (list, parts) => {
    const gathered = new Gathered();
    gathered.emit(list, parts);
    seen.push(...gathered.frames);
  });
}

/** Checks that the result is the same for the whole stream, for each split in two, and byte by byte. */
function readAnyway(text: string, options?: { max?: number; first?: number }): Result {
  const stream = Buffer.from(text, 'latin1');
  const whole = read(stream, [], options);
  for (let cut = 1; cut < stream.length; cut++) assert.deepEqual(read(stream, [cut], options), whole, `cut at ${cut}`);
  assert.deepEqual(read(stream, [...stream.keys()].slice(1), options), whole, 'byte by byte');
  return whole;
}

function ok(stream: string, ...want: (string | Seen | RelpCommand['kind'])[]): void {
  const { seen, violation } = readAnyway(stream);
  assert.equal(violation, undefined, stream);
  const got = seen.map((one) => ('kind' in one ? one.kind : one.flags === 0 ? one.text : one));
  assert.deepEqual(got, want, JSON.stringify(stream));
}

function bad(stream: string, reason: RegExp, ...before: string[]): void {
  const { seen, violation } = readAnyway(stream);
  assert.match(violation ?? 'nothing', reason, stream);
  const got = seen.map((one) => ('kind' in one ? one.kind : one.text));
  assert.deepEqual(got, before, JSON.stringify(stream));
}

const cut = (text: string, original: number): Seen => ({ text, flags: FRAME_FLAG.truncated, original });

test('frames are read as librelp writes them', () => {
  ok('');
  ok('1 open 0\n', 'open');
  ok('1 open 14 relp_version=0\n2 syslog 4 <1>a\n3 syslog 5 <2>bc\n4 close 0\n', 'open', '<1>a', '<2>bc', 'close');
  ok('1 open 0\n2 syslog 8 <1>a\n<0>\n', 'open', '<1>a\n<0>');
  ok('1 open 0\n2 syslog 6 \n\n\0 1 \n', 'open', '\n\n\0 1 ');
  ok('1 open 0\n2 syslog 0\n3 syslog 0 \n4 syslog 1 x\n', 'open', 'empty', 'empty', 'x');
  ok('1 open 0\n2 open 3 a=b\n3 syslog 4 <1>a\n4 open 0\n', 'open', 'open', '<1>a', 'open');
  ok('000000001 open 000000000\n000000002 syslog 000000004 <1>a\n', 'open', '<1>a');
});

test('the offers of an open are handed over unchanged', () => {
  const { seen } = readAnyway('1 open 26 relp_version=0\ncommands=al\n2 open 0\n', { max: 1 });
  assert.deepEqual(seen, [
    { kind: 'open', offers: 'relp_version=0\ncommands=al' },
    { kind: 'open', offers: '' },
  ]);
});

test('a message above the maximum is cut once, and its tail never becomes a frame', () => {
  ok('1 open 0\n2 syslog 16 0123456789abcdef\n3 syslog 1 x\n', 'open', '0123456789abcdef', 'x');
  ok('1 open 0\n2 syslog 17 0123456789abcdefg\n3 syslog 1 x\n', 'open', cut('0123456789abcdef', 17), 'x');
  ok(
    '1 open 0\n2 syslog 40 0123456789abcdef\n3 syslog 4 <0>forged\n45\n3 syslog 1 x\n',
    'open',
    cut('0123456789abcdef', 40),
    'x',
  );
});

test('an unfinished frame is dropped without being counted', () => {
  ok('1 open 0\n2 syslog 9 <1>a', 'open');
  ok('1 open 0\n2 syslog 4 <1>a', 'open');
  ok('1 open 0\n2 sys', 'open');
  ok('1 open 9 relp_');
});

test('a violation ends the stream, and the frames before it are valid', () => {
  bad('x', /valid RELP header/);
  bad('\n', /valid RELP header/);
  bad(' 1 open 0\n', /valid RELP header/);
  bad('1  open 0\n', /valid RELP header/);
  bad('-1 open 0\n', /valid RELP header/);
  bad('1 OPEN 0\n', /valid RELP header/);
  bad('1 opens 0\n', /valid RELP header/);
  bad('1 open -1\n', /valid RELP header/);
  bad('1 open 0\r\n', /valid RELP header/);
  bad('1 open  0\n', /valid RELP header/);
  bad('0000000001 open 0\n', /valid RELP header/);
  bad('1 open 0000000000\n', /valid RELP header/);
  bad(`1 ${'o'.repeat(80)}`, /valid RELP header/);
  bad('1 rsp 6 200 OK\n', /valid RELP header/);
  bad('0 open 0\n', /not the expected one/);
  bad('2 open 0\n', /not the expected one/);
  bad('1 syslog 1 x\n', /before the session was opened/);
  bad('1 close 0\n', /before the session was opened/);
  bad('1 open 0\n1 syslog 1 x\n', /not the expected one/, 'open');
  bad('1 open 0\n3 syslog 1 x\n', /not the expected one/, 'open');
  bad('1 open 0\n2 syslog 1 xy\n', /does not end/, 'open');
  bad('1 open 0\n2 syslog 1 x3 syslog 1 y\n', /does not end/, 'open');
  bad('1 open 0\n2 syslog 1 x\nrest\n', /valid RELP header/, 'open', 'x');
  bad('1 open 0\n2 syslog 1\n', /valid RELP header/, 'open');
  bad('1 open 0 x\n', /does not end/);
  bad('1 open 999999999 x', /offers .* longer/);
});

test('everything after a close, a refusal or a violation is ignored', () => {
  ok('1 open 0\n2 close 0\n3 syslog 1 x\nwhatever', 'open', 'close');
  bad('1 open 0\n7 syslog 1 x\n2 syslog 1 y\n', /not the expected one/, 'open');
  const framer = createRelpFramer({ maxFrame: MAX, onCommand: () => false });
  framer.push(Buffer.from('1 open 0\n2 syslog 1 x\n'), () => assert.fail('it was refused'));
  framer.push(Buffer.from('3 syslog 1 y\n'), () => assert.fail('it was refused'));
  assert.equal(framer.violation, undefined);
});

test('frame numbers wrap from 999,999,999 to 1', () => {
  const stream = '999999998 open 0\n999999999 syslog 1 a\n1 syslog 1 b\n2 syslog 1 c\n';
  const { seen, violation } = readAnyway(stream, { first: 999_999_998 });
  assert.deepEqual([seen.length, violation], [4, undefined]);
  assert.match(
    readAnyway(stream.replace('\n1 ', '\n0 '), { first: 999_999_998 }).violation ?? '',
    /not the expected one/,
  );
  assert.deepEqual([numberAfter(1), numberAfter(999_999_999)], [2, 1]);
});

test('a frame is pending from the first byte of its header to its LF', () => {
  const framer = createRelpFramer({ maxFrame: MAX, onCommand: () => true });
  const stream = Buffer.from('1 open 0\n2 syslog 4 <1>a\n');
  for (let at = 0; at < stream.length; at++) {
    framer.push(stream.subarray(at, at + 1), () => {});
    assert.equal(framer.pending > 0, stream[at] !== 0x0a, `after byte ${at}`);
  }
});

test('many frames of one chunk are handed over in few calls, and the largest fits', () => {
  const framer = createRelpFramer({ maxFrame: 256 << 10, onCommand: () => true });
  const gathered = new Gathered();
  const frames = Array.from({ length: 10_000 }, (_, index) => relpFrame(index + 2, 'syslog', 'a'));
  framer.push(Buffer.concat([relpFrame(1, 'open'), ...frames]), gathered.emit);
  assert.deepEqual([gathered.frames.length, gathered.calls], [10_000, 3]);
  const large = relpFrame(10_002, 'syslog', 'x'.repeat(300 << 10));
  framer.push(large.subarray(0, 200 << 10), gathered.emit);
  framer.push(large.subarray(200 << 10), gathered.emit);
  assert.deepEqual(gathered.frames.at(-1), cut('x'.repeat(256 << 10), 300 << 10));
});

test('a maximum out of range is refused', () => {
  for (const maxFrame of [0, -1, 1.5, (256 << 10) + 1, Number.NaN]) {
    assert.throws(() => createRelpFramer({ maxFrame, onCommand: () => true }), /the limit must be 1 to 262144/);
  }
});

test('the session of a Debian rsyslogd 8.2302 is read correctly, split at every offset', () => {
  const lines = readFileSync(join(import.meta.dirname, '../fixtures/wire/rsyslog-8.2302.jsonl'), 'utf8').split('\n');
  const chunks = lines
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { ch: string; conn: number; dir: string; b: string });
  const sent = chunks.filter(
    ({ ch, conn, dir, b }) => ch === 'relp-ack' && conn === 1 && dir === 'in' && !/^<[A-Z]/.test(b),
  );
  const { seen, violation } = readAnyway(sent.map(({ b }) => b).join(''), { max: 8192 });
  assert.equal(violation, undefined);
  const commands = seen.map((one) => ('kind' in one ? one.kind : 'syslog'));
  assert.deepEqual([commands[0], commands.at(-1)], ['open', 'close']);
  const texts = seen.flatMap((one) => ('text' in one ? [one.text] : []));
  assert.ok(texts.length > 5);
  for (const text of texts) assert.match(text, /^<\d+>2026-11-/);
});

const text = fc.string({ unit: 'binary', maxLength: 30 });
const cuts = fc.array(fc.nat({ max: 2000 }), { maxLength: 12 });

test('messages are read back unchanged however the stream is split', () => {
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 30 }),
      cuts,
      fc.integer({ min: 1, max: 999_999_999 }),
      (list, at, first) => {
        let number = first;
        const next = () => {
          const now = number;
          number = numberAfter(number);
          return now;
        };
        const bytes = list.map((one) => Buffer.from(one));
        const frames = bytes.map((one) => relpFrame(next(), 'syslog', one.toString('latin1')));
        const number1 = first === 1 ? 999_999_999 : first - 1;
        const stream = Buffer.concat([relpFrame(number1, 'open'), ...frames]);
        const ordered = at.map((offset) => Math.min(offset, stream.length)).sort((a, b) => a - b);
        const { seen, violation } = read(stream, ordered, { max: 1000, first: number1 });
        assert.equal(violation, undefined);
        const got = seen.slice(1).map((one) => ('text' in one ? one.text : ''));
        assert.deepEqual(
          got,
          bytes.map((one) => one.toString('latin1')),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

const PIECES = [
  '1 open 0\n',
  '2 syslog 4 <1>a\n',
  '3 syslog 99 ',
  '3 syslog 0\n',
  '\n',
  ' ',
  '4 close 0\n',
  '999999999',
  'syslog',
  '2 syslog 20 ',
];
const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
);
const stream = fc
  .array(piece, { maxLength: 20 })
  .map((pieces) => Buffer.from(`1 open 0\n${pieces.join('')}`, 'latin1'));

test('any stream gives the same result however it is split', () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, at) => {
      const ordered = at.map((offset) => Math.min(offset, bytes.length)).sort((a, b) => a - b);
      assert.deepEqual(read(bytes, ordered), read(bytes, []));
    }),
    { numRuns: Math.max(1000, Math.floor(FUZZ / 10)) },
  );
});

const HOSTILE: readonly (readonly [name: string, chunk: Buffer, chunks: number])[] = [
  ['endless digits', Buffer.alloc(65_536, '7'), 200],
  [
    'the longest message, which never ends',
    Buffer.concat([Buffer.from('1 open 0\n2 syslog 999999999 '), Buffer.alloc(65_000, 'a')]),
    1600,
  ],
  ['LFs only', Buffer.alloc(65_536, '\n'), 200],
  ['a million opens', Buffer.from(Array.from({ length: 5000 }, (_, index) => `${index + 1} open 0\n`).join('')), 1],
];

for (const [name, chunk, chunks] of HOSTILE) {
  test(`memory stays bounded with hostile input: ${name}`, (context) => {
    const framer = createRelpFramer({ maxFrame: 65_536, onCommand: () => true });
    const before = process.memoryUsage().arrayBuffers;
    let slowest = 0;
    for (let index = 0; index < chunks; index++) {
      const started = performance.now();
      framer.push(chunk, () => assert.fail('no frame ends here'));
      slowest = Math.max(slowest, performance.now() - started);
    }
    const kept = process.memoryUsage().arrayBuffers - before;
    assert.ok(kept < 1 << 20, `${kept} bytes are kept`);
    context.diagnostic(`slowest chunk: ${slowest.toFixed(2)} ms`);
  });
}
