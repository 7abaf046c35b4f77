import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECOND } from '../../../src/base/units.ts';
import { encodeId } from '../../../src/model/id.ts';
import { formatTrail, relayedLine, trailOf } from '../../../src/relay/index.ts';
import { EDGE, FROM, NONCE, NOW, line, message, open, receive } from './kit.ts';

test('messages that a relay sends again are dropped and counted, and the account knows why', async () => {
  const here = await open();
  const { stored: back, dropped } = receive(here, [line(1), line(2), line(1), line(2), line(3)]);
  assert.deepEqual(
    back.map((one) => one.message),
    ['line 1', 'line 2', 'line 3'],
  );
  assert.deepEqual(dropped, ['relay.again', 'relay.again']);
  assert.equal(here.counters.get('relay.again'), 2);
});

test('what was taken is remembered over a restart, and rows that the store has count as taken', async () => {
  const here = await open();
  receive(here, [line(1), line(2)]);
  const next = await open();
  next.pipeline.restore(JSON.parse(JSON.stringify(here.pipeline.save())));
  assert.deepEqual(receive(next, [line(2), line(3)]).dropped, ['relay.again']);
});

test('a message that was sent before to another place is flagged as a possible duplicate', async () => {
  const one = message(1);
  const { stored: back } = receive(await open(), [relayedLine(one, formatTrail(trailOf(one, FROM, true)))]);
  assert.deepEqual(back[0]!.flags, ['possible_duplicate']);
});

test('the account counts a relayed message at the listener that received it here', async () => {
  const { batch } = receive(await open(), [line(1)]);
  const source = batch.source[0]!;
  assert.equal(batch.sources[source]!.listener, 'udp0');
  assert.equal(batch.receivedBy[source], 'relp0');
});

test('a message that was here before, and one that was passed on too often, is dropped', async () => {
  const here = await open();
  const one = message(1);
  const trail = trailOf(one, FROM);
  const lines = [
    relayedLine(one, formatTrail({ ...trail, by: [NONCE], relays: ['a'] })),
    relayedLine(one, formatTrail({ ...trail, hops: 9 })),
    relayedLine(one, formatTrail(trailOf(one, `${NONCE}/central`))),
    relayedLine(one, formatTrail({ ...trail, hops: 8 })),
  ];
  const { stored: back, dropped } = receive(here, lines);
  assert.deepEqual(dropped, ['relay.loop', 'relay.loop', 'relay.loop']);
  assert.equal(back.length, 1);
});

test('a message of an arrival more than a day ahead is taken, and moves no mark', async () => {
  const here = await open();
  const ahead = { _id: encodeId(NOW + 25 * 3600 * SECOND, 3, 900), message: 'from the future' };
  receive(here, [line(1), line(2, ahead)]);
  assert.equal(here.pipeline.origins()[0]!.mark!.sequence, 1);
  assert.equal(receive(here, [line(2)]).stored.length, 1);
});

test('with a full arena, a message of a relay is stored as it came, and flagged', async () => {
  const here = await open();
  const { stored: back } = receive(here, [line(1)], EDGE, 0);
  assert.deepEqual(back[0]!.flags, ['parse_error']);
  assert.equal(here.counters.get('relay.bad'), 1);
});
