import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structuredKeys } from '../../../src/model/structured-object.ts';
import { formatStructuredData } from '../../../src/model/structured-data.ts';
import { TRAIL_ID } from '../../../src/relay/contract.ts';
import { formatTrail, passageOf, relayedLine, trailOf } from '../../../src/relay/index.ts';
import { FROM, STRANGER, line, message, open, receive } from './kit.ts';

test('an origin that a peer claims without being a relay changes nothing but the name of its element', async () => {
  const here = await open();
  const { stored: back, dropped } = receive(here, [line(1), line(1)], STRANGER);
  assert.deepEqual(dropped, []);
  for (const one of back) {
    assert.deepEqual(one.source, STRANGER);
    assert.equal(passageOf(one), undefined);
    assert.deepEqual(Object.keys(one.structured_data!), [`untrusted-${TRAIL_ID}`]);
  }
  assert.equal(here.counters.get('relay.untrusted'), 2);
  assert.deepEqual(here.pipeline.origins(), []);
});

test('an element of ours that a device writes behind a relay is renamed, wherever it stands', async () => {
  const forged = [
    { id: 'a@1', params: [{ name: 'x', value: '[cordwood@32473 ' }] },
    { id: TRAIL_ID, params: [] },
  ];
  const one = message(1, structuredKeys(formatStructuredData(forged)));
  const { stored: back } = receive(await open(), [relayedLine(one, formatTrail(trailOf(one, FROM)))]);
  assert.deepEqual(Object.keys(back[0]!.structured_data!), [TRAIL_ID, 'a@1', `untrusted-${TRAIL_ID}`]);
  assert.equal(back[0]!.structured_data!['a@1']!['x'], '[cordwood@32473 ');
  const { stored: none } = receive(await open(), [relayedLine(one, '')], STRANGER, 0);
  assert.deepEqual(Object.keys(none[0]!.structured_data!), ['a@1', 'xordwood@32473'], 'also with a full arena');
});

test('a passage that a stranger forges is not believed, also if it looks like one of this server', async () => {
  const forged = `<38>1 - web1 sshd - - [${TRAIL_ID} relay="edge1" at="2026-11-22T16:20:00.000Z"] text`;
  const { stored: back } = receive(await open(), [forged], STRANGER);
  assert.equal(passageOf(back[0]!), undefined);
});
