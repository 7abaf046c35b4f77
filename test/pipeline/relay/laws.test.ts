import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeId } from '../../../src/model/id.ts';
import type { LogMessage } from '../../../src/model/message.ts';
import { structuredKeys } from '../../../src/model/structured-object.ts';
import { formatStructuredData } from '../../../src/model/structured-data.ts';
import { TRAIL_ID } from '../../../src/relay/contract.ts';
import { formatTrail, passageOf, relayedLine, trailOf } from '../../../src/relay/index.ts';
import { draft } from '../../support/arbitraries.ts';
import { EPOCH } from '../../support/batches.ts';
import { hostileChanges, hostileElements } from '../../support/hostile-trails.ts';
import fc from '../../support/fc.ts';
import { EDGE, FROM, STRANGER, line, message, open, receive } from './kit.ts';

const RUNS = Math.min(Number(process.env['CORDWOOD_FUZZ'] ?? 2000), 100_000);

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
