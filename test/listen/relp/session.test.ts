import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelpSession } from '../../../src/listen/relp/session.ts';
import fc from '../../support/fc.ts';
import { OFFERS, relpFrame } from '../../support/relp.ts';

/** Pushes frames and reports the messages to the session, as a connection does. */
function push(session: RelpSession, frames: readonly Buffer[]): void {
  session.framer.push(Buffer.concat(frames), (list) => session.received(list.count));
}

const OPEN = '200 OK\nrelp_version=0\nrelp_software=cordwood\ncommands=syslog';
const rsp = (number: number, text = '200 OK') => `${number} rsp ${text.length}${text && ' '}${text}\n`;

test('the numbers of answers wrap from 999,999,999 to 1 as those of frames do', () => {
  const session = new RelpSession({ maxFrame: 480, first: 999_999_998 });
  push(session, [relpFrame(999_999_998, 'open', OFFERS), relpFrame(999_999_999, 'syslog', 'a')]);
  push(session, [relpFrame(1, 'syslog', 'b'), relpFrame(2, 'syslog', 'c'), relpFrame(3, 'close')]);
  assert.equal(session.takeAnswers(), rsp(999_999_998, OPEN));
  session.durable(2);
  assert.equal(session.takeAnswers(), rsp(999_999_999) + rsp(1));
  session.durable(1);
  assert.equal(session.takeAnswers(), `${rsp(2)}3 rsp 0\n`);
  assert.deepEqual([session.closed, session.violation, session.takeAnswers()], [true, undefined, '']);
});

test('answers come in the order of the frames, whenever messages become durable', () => {
  const kinds = fc.array(fc.constantFrom('syslog', 'syslog', 'empty', 'open'), { maxLength: 60 });
  fc.assert(
    fc.property(kinds, fc.array(fc.nat(5), { maxLength: 80 }), (list, steps) => {
      const session = new RelpSession({ maxFrame: 480 });
      push(session, [relpFrame(1, 'open', OFFERS)]);
      let received = session.takeAnswers();
      let [waiting, stored] = [0, 0];
      const wanted = [rsp(1, OPEN)];
      const due = (): string[] => {
        const upTo = list.findIndex((kind, index) => kind === 'syslog' && nth(list, index) > stored);
        return wanted.slice(0, upTo < 0 ? undefined : upTo + 1);
      };
      for (const [index, kind] of list.entries()) {
        push(session, [relpFrame(index + 2, kind === 'open' ? 'open' : 'syslog', kind === 'syslog' ? 'x' : '')]);
        wanted.push(rsp(index + 2, kind === 'open' ? OPEN : '200 OK'));
        if (kind === 'syslog') waiting++;
        const now = Math.min(waiting, steps[index] ?? 0);
        if (now > 0) session.durable(now);
        waiting -= now;
        stored += now;
        received += session.takeAnswers();
      }
      assert.equal(received, due().join(''));
      if (waiting > 0) session.durable(waiting);
      assert.equal(received + session.takeAnswers(), wanted.join(''));
      assert.equal(session.overloaded, false);
    }),
    { numRuns: 2000 },
  );
});

/** The number of messages up to and including this frame. */
function nth(list: readonly string[], index: number): number {
  return list.slice(0, index + 1).filter((kind) => kind === 'syslog').length;
}
