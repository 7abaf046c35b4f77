import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { FRAMINGS } from '../../src/base/frame-list.ts';
import { createFramer } from '../../src/frame/framer.ts';
import { cutAt, framesOf, Gathered } from './splits.ts';

const FUZZ = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000);

/** Pieces that matter to a framer, so that random streams exercise all its rules and not only its lines. */
const PIECES = [
  '\n',
  '\r\n',
  '\0',
  '\r',
  ' ',
  '<',
  'z',
  '0',
  '1',
  '3 <1>',
  '12 z',
  '9 <',
  '99999 <',
  '1234567 <',
  'ab\n',
];
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
);
const stream = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1'));
const maxFrame = fc.integer({ min: 1, max: 40 });
const framings = fc.constantFrom(...FRAMINGS);
const cuts = fc.array(fc.nat({ max: 500 }), { maxLength: 12 });

test('the frames of a stream are the same however it is split', () => {
  fc.assert(
    fc.property(stream, maxFrame, cuts, framings, (bytes, max, offsets, framing) => {
      const create = () => createFramer({ maxFrame: max, framing });
      const ordered = offsets.map((offset) => Math.min(offset, bytes.length)).sort((a, b) => a - b);
      assert.deepEqual(cutAt(create, bytes, ordered), cutAt(create, bytes, []));
    }),
    { numRuns: Math.max(1000, Math.floor(FUZZ / 10)) },
  );
});

/** Streams that are mostly lines, some longer than `maxFrame`, repeated up to the required length. */
const lines = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 60 }).map((length) => `<13>${'x'.repeat(length)}\n`) },
      { weight: 1, arbitrary: piece },
    ),
    { minLength: 1, maxLength: 100 },
  )
  .map((pieces) => Buffer.from(pieces.join(''), 'latin1'))
  // All pieces may be empty, and repeating an empty stream never reaches the length.
  .filter((bytes) => bytes.length > 0);
const bytesWanted = fc.oneof(fc.integer({ min: 1000, max: 4000 }), fc.constantFrom(65_536, 65_537, 140_000));

test('the scanner finds the same lines as the framer finds one by one', () => {
  fc.assert(
    fc.property(lines, bytesWanted, fc.integer({ min: 10, max: 60 }), (bytes, wanted, max) => {
      const long = Buffer.alloc(Math.ceil(wanted / bytes.length) * bytes.length, bytes).subarray(0, wanted);
      const edges = Array.from({ length: Math.floor(long.length / 300) }, (_, index) => (index + 1) * 300);
      const create = () => createFramer({ maxFrame: max });
      assert.deepEqual(cutAt(create, long, []), cutAt(create, long, edges));
    }),
    { numRuns: Math.max(300, Math.floor(FUZZ / 100)) },
  );
});

test('messages written by either method are read back unchanged', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'ä', ' ', '5', '<', '\r'), maxLength: 30 });
  const line = text.map((rest) => ({ message: `<13>${rest}.`, counted: false }));
  const counted = fc
    .string({ unit: 'binary', maxLength: 30 })
    .map((rest) => ({ message: `<13>${rest}.`, counted: true }));
  const messages = fc.array(fc.oneof(line, counted), { maxLength: 30 });
  fc.assert(
    fc.property(messages, fc.constantFrom('\n', '\r\n'), cuts, (list, trailer, offsets) => {
      const written = list.map(({ message, counted }) =>
        counted ? `${Buffer.byteLength(message)} ${message}` : message + trailer,
      );
      const bytes = Buffer.from(written.join(''));
      const ordered = offsets.map((offset) => Math.min(offset, bytes.length)).sort((a, b) => a - b);
      const { frames } = cutAt(() => createFramer({ maxFrame: 1000 }), bytes, ordered);
      const texts = frames.map((frame) => Buffer.from(frame.text, 'latin1').toString());
      assert.deepEqual(
        texts,
        list.map(({ message }) => Buffer.from(message).toString()),
      );
    }),
    { numRuns: 1000 },
  );
});

test(`no input makes the framer throw (${FUZZ} inputs)`, (context) => {
  let slowest = 0;
  let index = 0;
  fc.assert(
    fc.property(stream, maxFrame, fc.integer({ min: 1, max: 64 }), (bytes, max, size) => {
      const framer = createFramer({ maxFrame: max });
      const started = performance.now();
      const gathered = new Gathered();
      for (let at = 0; at < bytes.length; at += size) framer.push(bytes.subarray(at, at + size), gathered.emit);
      framer.end(gathered.emit);
      if (index++ > 100) slowest = Math.max(slowest, performance.now() - started);
      const total = gathered.frames.reduce((sum, frame) => sum + frame.text.length, 0);
      assert.ok(total <= bytes.length, 'no byte is handed over twice');
      assert.ok(gathered.frames.every((frame) => frame.text.length > 0 && frame.text.length <= max));
    }),
    { numRuns: FUZZ },
  );
  context.diagnostic(`slowest input: ${slowest.toFixed(2)} ms`);
});

/** Hostile streams: a chunk, how often it is sent, and the number of frames that it must become. */
const HOSTILE: readonly (readonly [name: string, chunk: Buffer, chunks: number, frames: number])[] = [
  ['an octet count of nine digits', Buffer.from('999999999 '), 1, 1],
  ['the largest octet count and no end', Buffer.concat([Buffer.from('9999999 <'), Buffer.alloc(65_527, 'a')]), 1, 1],
  ['a count of zero', Buffer.from('0 <'), 1, 1],
  ['eight digits', Buffer.from('12345678 <1>a'), 1, 1],
  ['endless digits', Buffer.alloc(65_536, '7'), 200, 1],
  ['NULs only', Buffer.alloc(65_536), 200, 0],
  ['a million LFs', Buffer.alloc(65_536, '\n'), 16, 0],
  ['a million lines of one byte', Buffer.from('a\n'.repeat(32_768)), 31, 31 * 32_768],
  ['a million lines that end with NUL', Buffer.from('a\0'.repeat(32_768)), 31, 31 * 32_768],
  ['a million empty lines', Buffer.from('\r\n'.repeat(32_768)), 31, 0],
  ['an endless line', Buffer.alloc(65_536, 'x'), 1600, 1],
  ['counts without a space', Buffer.from('9999999<'), 10_000, 1],
  ['a counted frame of one byte, again and again', Buffer.from('1 <'.repeat(20_000)), 30, 600_000],
];

for (const [name, chunk, chunks, frames] of HOSTILE) {
  test(`a framer finds the right number of frames in hostile input: ${name}`, (context) => {
    const framer = createFramer({ maxFrame: 65_536 });
    let count = 0;
    let slowest = 0;
    for (let index = 0; index < chunks; index++) {
      const started = performance.now();
      framer.push(chunk, (list) => {
        count += list.count;
      });
      slowest = Math.max(slowest, performance.now() - started);
    }
    framer.end((list) => {
      count += list.count;
    });
    context.diagnostic(`slowest chunk: ${slowest.toFixed(2)} ms`);
    assert.equal(count, frames);
  });
}

test('a frame that trickles in byte by byte takes linear time and bounded memory', () => {
  const framer = createFramer({ maxFrame: 262_144 });
  const byte = Buffer.from('x');
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 1_000_000; index++) framer.push(byte, () => assert.fail('no frame has ended'));
  const kept = process.memoryUsage().arrayBuffers - before;
  assert.ok(kept < 4 << 20, `${kept} bytes are kept`);
  const frames = framesOf(framer, [Buffer.from('\n')]);
  assert.deepEqual(frames, [{ text: 'x'.repeat(262_144), flags: 1, original: 1_000_000 }]);
});
