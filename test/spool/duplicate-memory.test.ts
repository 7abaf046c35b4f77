import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Source } from '../../src/model/message.ts';
import { fingerprint, fingerprints } from '../../src/spool/repeats/fingerprints.ts';
import { DuplicateDetector } from '../../src/spool/repeats/duplicate-detector.ts';
import fc from '../support/fc.ts';
import { linesEntry, makeFrames } from './support.ts';
import { agent, lines } from './agents.ts';

test('sessions with large windows leave half of the memory to the others', () => {
  const detector = new DuplicateDetector([], 0, 100_000);
  const inspect = (session: number, from: number, to: number, source: Source) => {
    const entry = linesEntry(session, lines(from, to, `s${session}`));
    detector.inspect(entry, source);
    return entry;
  };
  for (let session = 1; session <= 12; session++) {
    const source = agent('192.0.2.7', `l${session}`);
    for (let from = 0; from < 12_000; from += 1000) inspect(session, from, from + 1000, source);
    detector.close(session, false, session);
  }
  assert.ok(detector.remembered <= 100_000 + 4096, `${detector.remembered}`);
  for (let session = 1; session <= 12; session++) {
    const again = linesEntry(100 + session, lines(11_000, 11_010, `s${session}`));
    detector.inspect(again, agent('192.0.2.7', `l${session}`));
    assert.equal(
      again.frames.flags.every((flags) => flags === FRAME_FLAG.possibleDuplicate),
      true,
      `${session}`,
    );
  }
});

test('memory is bounded: the oldest broken sessions are forgotten first, and each keeps its minimum', () => {
  const detector = new DuplicateDetector([], 0, 10_000);
  const one = (session: number, from: number, source: Source) =>
    detector.inspect(linesEntry(session, lines(from, from + 100, `s${session}`)), source);
  for (let session = 1; session <= 60; session++) {
    const source = agent();
    for (let from = 0; from < 3000; from += 100) one(session, from, source);
    detector.close(session, false, session);
    assert.ok(detector.remembered <= 10_000 + 4096, `${detector.remembered} frames are remembered`);
  }
  const again = linesEntry(1000, lines(2990, 3000, 's60'));
  detector.inspect(again, agent());
  assert.deepEqual([...again.frames.flags], Array(10).fill(FRAME_FLAG.possibleDuplicate));
  const tooOld = linesEntry(1001, lines(2990, 3000, 's1'));
  detector.inspect(tooOld, agent());
  assert.deepEqual([...tooOld.frames.flags], Array(10).fill(0));
  detector.close(1000, true, 0);
  detector.close(1001, true, 0);
  detector.expire(40 * 60_000);
  assert.equal(detector.remembered, 0);
});

test('each of many open sessions keeps two windows, beyond the limit of memory', () => {
  const detector = new DuplicateDetector([], 0, 10_000);
  const texts = lines(0, 500);
  for (let session = 1; session <= 200; session++)
    detector.inspect(linesEntry(session, texts), agent('192.0.2.7', `l${session}`));
  assert.ok(detector.remembered >= 200 * 256 && detector.remembered <= 200 * 256 + 10_000);
});

test('a fingerprint does not depend on how the payload is cut into parts', () => {
  const part = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(6), fc.nat(12)), { maxLength: 12 }),
      (parts, spans) => {
        const payload = Buffer.concat(parts);
        const frames = makeFrames(spans.length);
        const want: number[] = [];
        let end = 0;
        for (const [index, [skip, length]] of spans.entries()) {
          if (end + skip + length > payload.length) return;
          frames.skip[index] = skip;
          frames.length[index] = length;
          want.push(fingerprint(payload.subarray(end + skip, end + skip + length)));
          end += skip + length;
        }
        const got = new Float64Array(spans.length);
        fingerprints(frames, parts, got);
        assert.deepEqual([...got], want);
      },
    ),
    { numRuns: 2000 },
  );
});

test('thousands of replay positions at once take bounded time', () => {
  const detector = new DuplicateDetector([], 0);
  const same = Array.from({ length: 4000 }, () => '<13>the same again');
  for (let session = 1; session <= 5; session++) {
    detector.inspect(linesEntry(session, same), agent());
    detector.close(session, false, 0);
  }
  const started = process.cpuUsage();
  const entry = linesEntry(100, same);
  detector.inspect(entry, agent());
  const { user, system } = process.cpuUsage(started);
  assert.ok(entry.frames.flags.filter((flags) => flags === FRAME_FLAG.possibleDuplicate).length >= 1024);
  assert.ok(user + system < 5e6, `${(user + system) / 1e6} s of CPU`);
});
