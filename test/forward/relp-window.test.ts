import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelpWindow } from '../../src/forward/kinds/relp-window.ts';
import fc from '../support/fc.ts';
import { until } from '../support/until.ts';
import { entries, ForwardLab, numbersIn } from './lab.ts';
import { RelpReceiver } from './receivers.ts';

const LAST = 999_999_999;

test('answers in any order are passed on in the order of the frames, each once', () => {
  const orders = fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 60 });
  fc.assert(
    fc.property(orders, fc.constantFrom(1, 7, LAST - 10, LAST), (steps, first) => {
      const passed: number[] = [];
      const window = new RelpWindow((answer, frame) => {
        assert.equal(answer, `answer ${frame}`);
        passed.push(frame);
      }, first);
      const waiting: { number: number; frame: number }[] = [];
      let frames = 0;
      for (const [isSent, pick] of steps) {
        if (isSent || waiting.length === 0) waiting.push({ number: window.send(), frame: frames++ });
        else {
          const [{ number, frame }] = waiting.splice(pick % waiting.length, 1) as [(typeof waiting)[number]];
          assert.ok(window.answer(number, `answer ${frame}`));
          assert.ok(!window.answer(number, 'once more'), 'a frame is answered once');
        }
        const before = Math.min(frames, ...waiting.map(({ frame }) => frame));
        assert.equal(window.answered, before);
        assert.equal(window.open, frames - before);
        assert.deepEqual(
          passed,
          Array.from({ length: before }, (_, frame) => frame),
        );
      }
    }),
  );
});

test('numbers go from the last one to 1, and one that waits for no answer is refused', () => {
  const window = new RelpWindow(() => {}, LAST);
  for (const number of [0, 1, LAST, LAST + 1, -1]) assert.ok(!window.answer(number, '200 OK'), String(number));
  assert.deepEqual([window.send(), window.send(), window.send()], [LAST, 1, 2]);
  assert.ok(!window.answer(3, '200 OK'));
  assert.ok(window.answer(1, '200 OK'));
  assert.deepEqual([window.answered, window.open], [0, 3]);
  assert.ok(window.answer(LAST, '200 OK'));
  assert.deepEqual([window.answered, window.open], [2, 1]);
});

test('a receiver that answers later lines first, and dies, gets the earlier ones again', async () => {
  await using receiver = await new RelpReceiver().open();
  receiver.answer = (line) => (numbersIn([line])[0]! % 10 === 0 ? undefined : '200 OK');
  await using lab = new ForwardLab();
  lab.start(entries({ kind: 'relp', name: 'central', to: [receiver.address], from: 'start', window: 64 }));
  await lab.lines(1, 40);
  await until('the answers', () => receiver.lines.length === 36);
  await until('the lines before the first one without an answer', () => lab.count('central', 'sent') === 9);
  await receiver.kill();
  receiver.answer = () => '200 OK';
  await receiver.open();
  await until('everything to be done', () => lab.count('central', 'sent') === 39);
  assert.deepEqual(
    [...new Set(numbersIn(receiver.lines))].sort((a, b) => a - b),
    Array.from({ length: 39 }, (_, i) => i + 1),
  );
});

test('a receiver that answers a frame that was not sent is left, with the reason', async () => {
  await using receiver = await new RelpReceiver().open();
  receiver.after = '900 rsp 6 200 OK\n';
  await using lab = new ForwardLab();
  lab.start(entries({ kind: 'relp', name: 'central', to: [receiver.address], from: 'start' }));
  await lab.lines(1, 3);
  const reason = async () => (await lab.row('central'))?.status.failure?.reason;
  await until('the failure', reason);
  const text = 'it answered the frame 900, which waits for no answer';
  assert.equal(await reason(), `cannot forward to ${receiver.address}: ${text}`);
  assert.equal(lab.count('central', 'sent'), 0);
});
