import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeId } from '../../../src/model/id.ts';
import { EPOCH } from '../../support/batches.ts';
import { NOW, beat, line, message, open, receive } from './kit.ts';

test('a beat is not stored, and says how many of the messages that were sent are missing here', async () => {
  const here = await open();
  const { stored: back, dropped } = receive(here, [
    beat({ sent: 100 }),
    line(1),
    line(2),
    beat({ sent: 105, last: message(5)._id }),
  ]);
  assert.equal(back.length, 2);
  assert.deepEqual(dropped, ['relay.beat', 'relay.beat']);
  const [origin] = here.pipeline.origins();
  assert.deepEqual([origin!.taken, origin!.missing, origin!.beatAt], [2, 3, NOW]);
});

test('an edge whose numbers go on after it was set back is noticed by its count of sent messages', async () => {
  const here = await open();
  receive(here, [beat({}), line(1), line(2), line(3)]);
  // Set back to the state after the second message; its spool leaves numbers out after a crash.
  receive(here, [beat({ sent: 2, last: message(2)._id }), line(2000), beat({ sent: 3, last: message(2000)._id })]);
  const [origin] = here.pipeline.origins();
  assert.equal(origin!.setBackAt, NOW);
  assert.equal(origin!.missing, 0);
  receive(here, [line(2001), beat({ sent: 5, last: message(2002)._id })]);
  assert.equal(here.pipeline.origins()[0]!.missing, 1, 'a message that is missing later is still noticed');
});

test('an edge whose numbers begin again after it was set back is noticed, and none of its messages is lost', async () => {
  const here = await open();
  receive(here, [line(1), line(2), line(3)]);
  const again = { _id: encodeId(EPOCH + 5000, 3, 2), message: 'another second' };
  const { stored: back } = receive(here, [line(2, again)]);
  assert.deepEqual(
    back.map((one) => one.message),
    ['another second'],
  );
  assert.equal(here.counters.get('relay.set_back'), 1);
});

test('an edge that was set back and whose clock is behind loses nothing: its first beat shows it', async () => {
  const here = await open();
  receive(here, [line(500), beat({ sent: 500, visible: message(500)._id, last: message(500)._id })]);
  const behind = (sequence: number) => line(sequence, { message: `another ${sequence}` });
  const first = beat({ sent: 10, visible: message(10)._id, at: EPOCH + 12 });
  const { stored: back } = receive(here, [first, behind(11), behind(12), behind(11)]);
  assert.deepEqual(
    back.map((one) => one.message),
    ['another 11', 'another 12'],
  );
  assert.equal(here.pipeline.origins()[0]!.setBackAt, NOW);
});

test('an edge that has yet to read back its spool, and one whose clock was set back while it ran, was not set back', async () => {
  const here = await open();
  const all = { sent: 500, last: message(500)._id };
  receive(here, [line(500), beat({ ...all, visible: message(500)._id })]);
  receive(here, [beat({ ...all, visible: message(10)._id }), beat({ ...all, visible: message(20)._id })]);
  receive(here, [beat({ ...all, visible: message(500)._id, at: EPOCH })]);
  assert.equal(here.pipeline.origins()[0]!.setBackAt, undefined);
  assert.deepEqual(receive(here, [line(500)]).dropped, ['relay.again']);
});
