import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters } from '../../../src/base/counters.ts';
import { SECOND } from '../../../src/base/units.ts';
import { MessageBatch } from '../../../src/model/batch.ts';
import { encodeId } from '../../../src/model/id.ts';
import type { LogMessage, Peer } from '../../../src/model/message.ts';
import { structuredKeys } from '../../../src/model/structured-object.ts';
import { formatStructuredData } from '../../../src/model/structured-data.ts';
import { createParser } from '../../../src/parse/index.ts';
import { openPipeline, type Pipeline } from '../../../src/pipeline/index.ts';
import { RELAY_COUNTERS } from '../../../src/pipeline/index.ts';
import { type Beat, TRAIL_ID } from '../../../src/relay/contract.ts';
import { beatLine, formatTrail, passageOf, relayedLine, trailOf } from '../../../src/relay/index.ts';
import { draft } from '../../support/arbitraries.ts';
import { EPOCH, messagesOf } from '../../support/batches.ts';
import { hostileChanges, hostileElements } from '../../support/hostile-trails.ts';
import fc from '../../support/fc.ts';

const RUNS = Math.min(Number(process.env['CORDWOOD_FUZZ'] ?? 2000), 100_000);
const parser = createParser({ zoneOf: () => 'UTC' });
const NONCE = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const FROM = '5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c/central';
const EDGE: Peer = { ip: '10.9.9.9', port: 4000, transport: 'relp', listener: 'relp0', relay: 'edge1' };
const { relay: _, ...STRANGER } = EDGE;
/** When lines arrive here, ms. */
const NOW = EPOCH + 60 * SECOND;

type Here = { readonly pipeline: Pipeline; readonly counters: Counters };

async function open(): Promise<Here> {
  const counters = new Counters(RELAY_COUNTERS);
  return { pipeline: await openPipeline({ pipeline: [], streams: [] }, { counters, nonce: NONCE }), counters };
}

/** Receives lines of one peer. @returns the stored messages, and the names of what dropped the others */
function receive({ pipeline }: Here, lines: readonly string[], peer: Peer = EDGE, room = 1 << 16) {
  const texts = lines.map((line) => Buffer.from(line));
  const batch = new MessageBatch(lines.length, texts.reduce((sum, text) => sum + text.length, 0) + room);
  batch.node = 9;
  const source = batch.sources.push(peer) - 1;
  for (const [index, text] of texts.entries()) {
    const at = batch.put(text);
    parser.parse(batch, batch.begin(NOW, index + 1, source), at, at + text.length);
  }
  const dropped: string[] = [];
  pipeline.run(batch, { dropped: (_batch, _row, name) => void dropped.push(name) });
  return { stored: messagesOf(batch), dropped, batch };
}

let sequences = 0;
/** A message that an edge has stored. */
const stored: fc.Arbitrary<LogMessage> = fc
  .record({ it: draft, name: fc.constantFrom(undefined, '-', 'a b', 'x'.repeat(300), 'ü', 'host]"\\') })
  .map(({ it, name }) => {
    const { structured_data, fields, bytes: _bytes, ...rest } = it;
    const sequence = ++sequences;
    const flags = it.flags ?? [];
    const hasTime = !flags.includes('no_timestamp');
    const received = EPOCH + sequence;
    const { timestamp_us: us, timestamp_offset: offset, version, ...others } = rest as Partial<LogMessage>;
    return {
      ...others,
      _id: encodeId(received, 3, sequence),
      received_at: new Date(received),
      timestamp: hasTime ? (it.timestamp ?? new Date(EPOCH)) : new Date(received),
      ...(hasTime && us !== undefined && { timestamp_us: us }),
      ...(hasTime && offset !== undefined && !flags.includes('tz_assumed') && { timestamp_offset: offset }),
      ...(it.format === 'rfc5424' && { version: version || 1 }),
      ...(name !== undefined && { hostname: name, procid: name }),
      ...(structured_data?.length && structuredKeys(formatStructuredData(structured_data))),
      ...(fields?.length && { fields: Object.fromEntries(fields.map((one) => [one.name, one.value])) }),
      facility: it.facility ?? 1,
      severity: it.severity ?? 5,
      format: it.format ?? 'unknown',
      message: (it.message ?? '').replace(/[\0\r\n]+$/, ''),
      source: it.source ?? { ip: '10.0.0.7', port: 51_413, transport: 'udp', listener: 'udp0' },
      flags,
    } as unknown as LogMessage;
  });

/** What must be the same at the edge and here. */
function kept({ _id, received_at, stream, structured_data, structured_text, level, raw, ...rest }: LogMessage) {
  const own = Object.entries(structured_data ?? {}).filter(([id]) => id !== TRAIL_ID);
  return { ...rest, own, raw: raw && Buffer.from(raw).toString('hex') };
}

test('law: a message that a relay forwards is stored as it was there', async () => {
  const here = await open();
  fc.assert(
    fc.property(stored, (message) => {
      const { stored: back } = receive(here, [relayedLine(message, formatTrail(trailOf(message, FROM)))]);
      assert.equal(back.length, 1);
      assert.deepEqual(kept(back[0]!), kept({ ...message, stream: 'default' }));
      const passage = passageOf(back[0]!)!;
      assert.deepEqual(passage, {
        relays: ['edge1'],
        by: [FROM.split('/')[0]],
        listener: 'relp0',
        at: message.received_at.getTime(),
      });
    }),
    { numRuns: RUNS },
  );
});

const message = (sequence: number, more: Partial<LogMessage> = {}): LogMessage =>
  ({
    _id: encodeId(EPOCH + sequence, 3, sequence),
    received_at: new Date(EPOCH + sequence),
    timestamp: new Date(EPOCH),
    timestamp_offset: 60,
    facility: 4,
    severity: 6,
    level: 'info',
    hostname: 'web1',
    appname: 'sshd',
    message: `line ${sequence}`,
    source: { ip: '10.0.0.7', port: 51_413, transport: 'udp', listener: 'udp0' },
    stream: 'auth',
    format: 'rfc3164',
    flags: [],
    ...more,
  }) satisfies LogMessage;

const line = (sequence: number, more: Partial<LogMessage> = {}, from = FROM): string => {
  const one = message(sequence, more);
  return relayedLine(one, formatTrail(trailOf(one, from)));
};

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

const beat = (more: Partial<Beat>): string =>
  beatLine({
    ...{ from: FROM, at: NOW, visible: message(9)._id, waiting: 0, sent: 0, lost: 0, cut: 0, dead: 0 },
    ...{ host: 'edge1', version: '1.0' },
    ...more,
  });

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

test('law: nothing that a relay sends throws, loses the line or moves the mark of another origin', async () => {
  const here = await open();
  const other = 'ffff5f0c5f0c5f0c5f0c5f0c5f0c5f0c/central';
  receive(here, [line(7, {}, other)], { ...EDGE, relay: 'edge2' });
  const mark = () => here.pipeline.origins().find(({ peer }) => peer === 'edge2')!.mark;
  const before = JSON.stringify(mark());
  let sequence = 10;
  fc.assert(
    fc.property(hostileChanges, fc.constantFrom(FROM, other), (changes, from) => {
      const one = message(sequence++);
      for (const elements of hostileElements(trailOf(one, from), changes)) {
        const { stored: back, dropped } = receive(here, [relayedLine(one, elements)]);
        assert.equal(back.length + dropped.length, 1);
        for (const row of back) assert.ok(row.message.includes(one.message));
        const [strange] = receive(here, [relayedLine(one, elements)], STRANGER).stored;
        assert.deepEqual([strange!.source, passageOf(strange!)], [STRANGER, undefined]);
      }
      assert.equal(JSON.stringify(mark()), before);
    }),
    { numRuns: RUNS / 2 },
  );
});
