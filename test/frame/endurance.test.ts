import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emit } from '../../src/frame/contract.ts';
import { createFramer } from '../../src/frame/framer.ts';
import { createRelpFramer } from '../../src/frame/relp-framer.ts';
import { heapUsed, msFor, mutated, seeded } from '../support/mutate.ts';

const COUNT = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000);
/** Bytes by which the heap may grow, over any number of inputs. */
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

test(`a framer reads ${COUNT} mutated chunks without an error and without growing memory`, (t) => {
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
    // A large octet count would swallow everything that follows, so the sender is replaced from time to time.
    if (random(10) === 0) framer.end(count);
  }
  const grown = heapUsed() - before;
  assert.ok(grown < FLAT, `the heap grew by ${grown} bytes`);
  assert.ok(frames > COUNT / 10, `${frames} frames were found`);
  t.diagnostic(`${frames} frames, slowest ${slowest.toFixed(2)} ms, heap ${(grown / 1024).toFixed(0)} KiB more`);
});

const RELP_SAMPLES = [
  '1 open 48 relp_version=0\nrelp_software=x,1,y\ncommands=syslog\n2 syslog 9 <13>hello\n3 close 0\n',
  '1 open 0\n2 syslog 4 <1>a\n3 syslog 0\n4 open 0\n5 syslog 4 <1>b\n',
  `1 open 0\n2 syslog 600 ${'long '.repeat(120)}\n3 syslog 1 x\n`,
  '1 open 0\n2 syslog 999999999 <13>never ends',
  `1 open 0\n${Array.from({ length: 40 }, (_, index) => `${index + 2} syslog 5 <1>ab\n`).join('')}`,
].map((text) => Buffer.from(text));

test(`RELP framers read ${COUNT} mutated sessions without an error and without growing memory`, (t) => {
  const random = seeded();
  let [slowest, before, frames, violations] = [0, 0, 0, 0];
  const count: Emit = (list) => {
    frames += list.count;
  };
  for (let index = 0; index < COUNT; index++) {
    if (index === Math.floor(COUNT / 10)) before = heapUsed();
    const framer = createRelpFramer({ maxFrame: 480, onCommand: () => true });
    const stream = mutated(RELP_SAMPLES, random);
    const cut = random(stream.length + 1);
    const push = () => {
      framer.push(stream.subarray(0, cut), count);
      framer.push(stream.subarray(cut), count);
      framer.end(count);
    };
    slowest = Math.max(slowest, msFor(push));
    if (framer.violation !== undefined) violations++;
  }
  const grown = heapUsed() - before;
  assert.ok(grown < FLAT, `the heap grew by ${grown} bytes`);
  assert.ok(frames > COUNT && violations > COUNT / 10, `${frames} frames and ${violations} violations were found`);
  t.diagnostic(`${frames} frames, slowest ${slowest.toFixed(2)} ms, heap ${(grown / 1024).toFixed(0)} KiB more`);
});
