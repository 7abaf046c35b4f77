import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emit } from '../../src/frame/contract.ts';
import { createFramer } from '../../src/frame/framer.ts';
import { heapUsed, msFor, mutated, seeded } from '../support/mutate.ts';

const COUNT = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000);
/** Bytes that the heap may grow by over any number of inputs. */
const FLAT = 4 << 20;
const SAMPLES = [
  '<13>a line\n<14>another\r\n',
  '9 <13>abcde12 <14>and more\n',
  '<13>ends with NUL\0\0\n\n<1>',
  '70 <38>1 2026-11-22T16:20:01+00:00 web1 sshd 1234 - -  Accepted publickey\n',
  '9999999 <13>never ends',
  '12345678 <13>eight digits\n',
  `<13>${'long '.repeat(60)}\n`,
].map((text) => Buffer.from(text));

test(`one framer takes ${COUNT} mutated chunks: no throw, and the heap stays flat`, (t) => {
  const framer = createFramer({ maxFrame: 480 });
  const random = seeded();
  let [slowest, before, frames] = [0, 0, 0];
  const count: Emit = (list) => {
    frames += list.count;
  };
  for (let index = 0; index < COUNT; index++) {
    if (index === Math.floor(COUNT / 10)) before = heapUsed();
    const chunk = mutated(SAMPLES, random);
    slowest = Math.max(
      slowest,
      msFor(() => framer.push(chunk, count)),
    );
    // A large octet count would swallow all that follows: senders come and go.
    if (random(10) === 0) framer.end(count);
  }
  const grown = heapUsed() - before;
  assert.ok(grown < FLAT, `the heap grew by ${grown} bytes`);
  assert.ok(frames > COUNT / 10, `${frames} frames were found`);
  t.diagnostic(`${frames} frames, slowest ${slowest.toFixed(2)} ms, heap ${(grown / 1024).toFixed(0)} KiB more`);
});
