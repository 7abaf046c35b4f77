import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFramer } from '../../src/frame/framer.ts';
import { assertSplitLaw, framesOf, Gathered, type Seen } from './splits.ts';

const MAX = 16;

/** Checks the frames of `stream`, of at most 16 bytes each, however the stream is split. */
function ok(stream: string, ...want: (string | Seen)[]): void {
  const got = assertSplitLaw(() => createFramer({ maxFrame: MAX }), Buffer.from(stream, 'latin1'));
  const whole = want.map((frame) => (typeof frame === 'string' ? { text: frame, flags: 0, original: 0 } : frame));
  assert.deepEqual(got, whole, JSON.stringify(stream));
}
const cut = (text: string, original: number): Seen => ({ text, flags: FRAME_FLAG.truncated, original });
const misframed = (text: string, flags = 0): Seen => ({ text, flags: FRAME_FLAG.misframed | flags, original: 0 });
const partial = (text: string): Seen => ({ text, flags: FRAME_FLAG.partial, original: 0 });

test('lines end at LF or CR LF, and at NUL if the first line did', () => {
  ok('');
  ok('<1>a\n', '<1>a');
  ok('<1>a\n<2>b\n', '<1>a', '<2>b');
  ok('<1>a\r\n<2>b\r\n', '<1>a', '<2>b');
  ok('<1>a\0<2>b\0', '<1>a', '<2>b');
  ok('<1>a\0<2>b\n<3>c\r\n', '<1>a', misframed('<2>b'), '<3>c');
  ok('<1>a\n<2>b\0<0>c\n<3>d\n', '<1>a', '<2>b\0<0>c', '<3>d');
  ok('<1>a\0\n<2>b\0\n', '<1>a', '<2>b');
  ok('<1>a\n\0<2>b\n\0<3>c\0\n', '<1>a', '<2>b', '<3>c');
  ok('<1>a\r\r\n', '<1>a\r');
  ok('<1>a\r\0', '<1>a\r');
  ok('<1>a\rb\n', '<1>a\rb');
  ok(' \n', ' ');
});

test('LF and NUL between frames, and empty lines, are skipped', () => {
  ok('\n\n\0\0<1>a\n\n\0<2>b\n\0\n', '<1>a', '<2>b');
  ok('\r\n<1>a\n\r\n\r\n', '<1>a');
  ok('\0');
  const framer = createFramer({ maxFrame: MAX });
  framesOf(framer, [Buffer.from('\r\n\n\r\n')]);
  assert.equal(framer.empty, 2);
});

test('counted frames are as long as their count says, RFC 6587 §3.4.1', () => {
  ok('4 <1>a', '<1>a');
  ok('4 <1>a4 <2>b', '<1>a', '<2>b');
  ok('5 <1>a\n5 <2>b\n', '<1>a', '<2>b');
  ok('6 <1>a\n\n', '<1>a\n');
  ok('6 <1>a\r\n', '<1>a\r');
  ok('8 <1>a\nb\0c', '<1>a\nb\0c');
  ok('5 zx\x9c\x00\x0a5 zx\xda\x00\x01', 'zx\x9c\x00\x0a', 'zx\xda\x00\x01');
  ok('10 <1>345678 ', '<1>345678 ');
  ok('4 <1>a2 zx3 abc', '<1>a', 'zx', 'abc');
});

test('both methods may alternate from frame to frame', () => {
  ok('<1>a\n4 <2>b<3>c\n\n4 zx\x9cc<4>d\n', '<1>a', '<2>b', '<3>c', 'zx\x9cc', '<4>d');
  ok('5 <1>a\n\n\n<2>b\n', '<1>a', '<2>b');
});

test('a number that is not a valid count begins a line', () => {
  ok('0 <1>a\n', '0 <1>a');
  ok('04 a\n', '04 a');
  ok('5 zombies found\n', '5 zombies found');
  ok('9 zombie process\n', '9 zombie process');
  ok('4 <1 min elapsed\n', '4 <1 min elapsed');
  ok('<1>a\n5 <1234>b\n', '<1>a', '5 <1234>b');
  ok('<1>a\n5 <>b\n5 zxy\n', '<1>a', '5 <>b', '5 zxy');
  ok('99 <1>a\n<2>b\n', '99 <1>a', '<2>b');
  ok('4 a<1>\n', '4 a<1>');
  ok('4<1>a\n', '4<1>a');
  ok('4\n<1>a\n', '4', '<1>a');
  ok('4 \n<1>a\n', '4 ', '<1>a');
  ok('4\0<1>a\n', '4', misframed('<1>a'));
  ok('4 \r\n', '4 ');
  ok('12345678 <1>a\n', '12345678 <1>a');
  ok('999999999 \n', '999999999 ');
  ok('-4 <1>a\n', '-4 <1>a');
  ok('+4 <1>a\n', '+4 <1>a');
  ok('2026 was a year\n', '2026 was a year');
});

test('a frame above the maximum is cut once, and its tail never becomes a frame', () => {
  ok('0123456789abcdef\n', '0123456789abcdef');
  ok('0123456789abcdef\r\n', '0123456789abcdef');
  ok('0123456789abcdef\0', '0123456789abcdef');
  ok('0123456789abcdefg\n<1>a\n', cut('0123456789abcdef', 17), '<1>a');
  ok('0123456789abcdefg\r\n<1>a\n', cut('0123456789abcdef', 17), '<1>a');
  ok(`${'x'.repeat(40)}\n<1>a\n`, cut('x'.repeat(16), 40), '<1>a');
  ok('16 <1>3456789abcdef<1>a\n', '<1>3456789abcdef', '<1>a');
  ok('17 <1>3456789abcdef\n<1>a\n', cut('17 <1>3456789abc', 19), '<1>a');
});

test('at the end an unfinished line is handed over, and an unfinished counted frame dropped and counted', () => {
  ok('<1>a', partial('<1>a'));
  ok('<1>a\n<2', '<1>a', partial('<2'));
  ok('12', partial('12'));
  ok('12 ', partial('12 '));
  ok('<1>a\r', partial('<1>a\r'));
  ok('5 <1>a');
  ok('<1>a\n5 <', '<1>a', partial('5 <'));
  ok('<1>a\n5 <1>', '<1>a');
  ok('x'.repeat(20), { text: 'x'.repeat(16), flags: FRAME_FLAG.partial | FRAME_FLAG.truncated, original: 20 });
  const framer = createFramer({ maxFrame: MAX });
  assert.deepEqual(framesOf(framer, [Buffer.from('9 <1>')]), []);
  assert.equal(framer.partialDropped, 1);
  assert.deepEqual(framesOf(framer, [Buffer.from('4 <1>a')]), [{ text: '<1>a', flags: 0, original: 0 }]);
});

test('the maximum holds if every frame is counted', () => {
  const octet = (stream: string) =>
    assertSplitLaw(() => createFramer({ maxFrame: MAX, framing: 'octet' }), Buffer.from(stream, 'latin1'));
  assert.deepEqual(octet('33 <1>3456789abcdef\n<0>forged\n<0>ab\n4 <1>a'), [
    cut('<1>3456789abcdef', 33),
    { text: '<1>a', flags: 0, original: 0 },
  ]);
  assert.deepEqual(octet('5 hello5 world'), [
    { text: 'hello', flags: 0, original: 0 },
    { text: 'world', flags: 0, original: 0 },
  ]);
});

test('if every line is a frame, no number is a count and no NUL ends a line', () => {
  const frames = assertSplitLaw(
    () => createFramer({ maxFrame: MAX, framing: 'lines' }),
    Buffer.from('4 <1>a\n<2>b\0<0>c\n'),
  );
  assert.deepEqual(
    frames.map(({ text }) => text),
    ['4 <1>a', '<2>b\0<0>c'],
  );
});

test('a maximum that is smaller than a header is kept as well', () => {
  const stream = Buffer.from('1234567 a\n<1>a\n9 <1>345678x\n');
  const frames = assertSplitLaw(() => createFramer({ maxFrame: 2 }), stream);
  assert.deepEqual(frames, [cut('12', 9), cut('<1', 4), cut('9 ', 12)]);
});

test('a maximum out of range is refused', () => {
  for (const maxFrame of [0, -1, 1.5, (256 << 10) + 1, Number.NaN]) {
    assert.throws(() => createFramer({ maxFrame }), /cannot limit frames to .* bytes: the limit must be 1 to 262144/);
  }
});

test('a chunk with many frames is handed over in several calls within their limits', () => {
  const gathered = new Gathered();
  const framer = createFramer({ maxFrame: 256 << 10 });
  framer.push(Buffer.from('a\n'.repeat(10_000)), gathered.emit);
  assert.equal(gathered.calls, 3);
  const long = `${'x'.repeat(200 << 10)}\n`;
  framer.push(Buffer.from(long.repeat(5)), gathered.emit);
  assert.equal(gathered.calls, 6);
  framer.push(Buffer.concat([Buffer.from('a\n'), Buffer.alloc(2 << 20), Buffer.from('b\n')]), gathered.emit);
  assert.deepEqual(gathered.frames.slice(-2), [
    { text: 'a', flags: 0, original: 0 },
    { text: 'b', flags: 0, original: 0 },
  ]);
  assert.equal(gathered.frames.length, 10_007);
});

test('a frame of the largest size in two halves fits one call', () => {
  const max = 256 << 10;
  const gathered = new Gathered();
  const framer = createFramer({ maxFrame: max });
  framer.push(Buffer.from('x'.repeat(max - 1)), gathered.emit);
  framer.push(Buffer.from(`x\n${'y'.repeat(max)}\nz\n`), gathered.emit);
  assert.deepEqual(
    gathered.frames.map(({ text, flags }) => [text.length, flags]),
    [
      [max, 0],
      [max, 0],
      [1, 0],
    ],
  );
});

test('parts that were handed over do not change when more arrives', () => {
  const kept: Uint8Array[][] = [];
  const framer = createFramer({ maxFrame: 64 });
  for (let index = 0; index < 100; index++) {
    const text = `<1>message ${index}\n`;
    framer.push(Buffer.from(text.slice(0, 7)), (_, parts) => kept.push([...parts]));
    framer.push(Buffer.from(text.slice(7)), (_, parts) => kept.push([...parts]));
  }
  const texts = kept.map((parts) => Buffer.concat(parts).toString());
  assert.deepEqual(
    texts,
    Array.from({ length: 100 }, (_, index) => `<1>message ${index}`),
  );
});

test('an emit that throws does not affect other framers', () => {
  const framer = createFramer({ maxFrame: MAX });
  const fail = (): never => {
    throw new Error('no');
  };
  assert.throws(() => framer.push(Buffer.from('<1>a\n'), fail), /no/);
  assert.deepEqual(framesOf(createFramer({ maxFrame: MAX }), [Buffer.from('<2>b\n')]), [
    { text: '<2>b', flags: 0, original: 0 },
  ]);
});

test('the memory of an unfinished frame is known, also of one in doubt, which may keep two frames', () => {
  const framer = createFramer({ maxFrame: 1024 });
  assert.equal(framer.memory, 0);
  const frame = `1000 <13>${'x'.repeat(996)}`;
  // A count that leads to nothing yet: what follows decides.
  framer.push(Buffer.from(`${frame}${frame.slice(0, 900)}`), () => {});
  assert.ok(framer.memory >= framer.pending, `${framer.memory} bytes for ${framer.pending}`);
  framer.end(() => {});
  assert.equal(framer.memory, 0);
  const line = createFramer({ maxFrame: 1024 });
  line.push(Buffer.from('x'.repeat(5000)), () => {});
  assert.equal(line.pending, 5000);
  assert.equal(line.memory, 1024);
});
