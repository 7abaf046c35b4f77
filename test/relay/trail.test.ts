import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeId } from '../../src/model/id.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { namedValues } from '../../src/model/named-values.ts';
import { structuredKeys } from '../../src/model/structured-object.ts';
import { formatStructuredData, parseStructuredData } from '../../src/model/structured-data.ts';
import { type Beat, type Trail, TRAIL_ID } from '../../src/relay/contract.ts';
import {
  beatLine,
  formatBeat,
  formatPassage,
  formatTrail,
  passageOf,
  readBeat,
  readTrail,
  relayedLine,
  trailOf,
} from '../../src/relay/index.ts';
import { draft, WORDS } from '../support/arbitraries.ts';
import { EPOCH } from '../support/batches.ts';
import fc from '../support/fc.ts';
import { read } from '../parse/support.ts';

const RUNS = { numRuns: Math.min(Number(process.env['CORDWOOD_FUZZ'] ?? 5000), 100_000) };

/** A stored message; names may be empty or unusual, as lenient parsers leave them. */
const stored: fc.Arbitrary<LogMessage> = fc
  .record({ it: draft, sequence: fc.nat(), name: fc.constantFrom(undefined, '-', 'a b', 'x'.repeat(300), 'ü', '') })
  .map(({ it, sequence, name }) => {
    const { structured_data, fields, ...rest } = it;
    return {
      ...rest,
      _id: encodeId(EPOCH + sequence, 3, sequence),
      ...(name !== undefined && { hostname: name, appname: name }),
      ...(structured_data && structuredKeys(formatStructuredData(structured_data as never))),
      ...(fields && { fields: namedValues(fields) }),
      message: it.message ?? '',
      flags: it.flags ?? [],
      timestamp: it.timestamp ?? new Date(EPOCH),
    } as unknown as LogMessage;
  });

function firstParams(text: string) {
  const [first] = parseStructuredData(text);
  assert.equal(first?.id, TRAIL_ID);
  return first.params;
}

test('law: a trail that was written is read as the same trail', () => {
  fc.assert(
    fc.property(stored, fc.constantFrom(...WORDS), fc.boolean(), (message, from, again) => {
      const trail = trailOf(message, `nonce/${from}`, again);
      // A time without a zone and one with an assumed zone are the same to the receiver.
      const want: Trail = { ...trail, zoneless: trail.zoneless || trail.flags.includes('tz_assumed') };
      assert.deepEqual(readTrail(firstParams(formatTrail(trail))), want);
    }),
    RUNS,
  );
});

test('law: what is changed in a trail is read as a trail or as none, and never throws', () => {
  const change = fc.record({
    at: fc.nat(),
    by: fc.constantFrom('', '"', ']', '\\', '[', ' ', '0', '{', ',', '\u0000'),
  });
  fc.assert(
    fc.property(stored, fc.array(change, { minLength: 1, maxLength: 4 }), (message, changes) => {
      let text = formatTrail(trailOf(message, 'nonce/central'));
      for (const { at, by } of changes)
        text = text.slice(0, at % text.length) + by + text.slice((at % text.length) + 1);
      for (const { params } of parseStructuredData(text)) readTrail(params);
    }),
    RUNS,
  );
});

test('law: a forwarded line is parsed to the fields that the message had', () => {
  fc.assert(
    fc.property(stored, (message) => {
      const text = message.message.replace(/[\0\r\n]+$/, '');
      const trail = formatTrail(trailOf(message, 'nonce/central'));
      const back = read({ bytes: relayedLine({ ...message, message: text }, trail), receivedAt: EPOCH });
      assert.equal(back.message, text);
      assert.equal(back.facility * 8 + back.severity, message.facility * 8 + message.severity);
      if (!message.flags.includes('no_timestamp')) assert.deepEqual(back.timestamp, message.timestamp);
      assert.equal(back.timestamp_us, message.flags.includes('no_timestamp') ? undefined : message.timestamp_us);
      const own = Object.entries(back.structured_data ?? {}).filter(([id]) => id !== TRAIL_ID);
      assert.deepEqual(own, Object.entries(message.structured_data ?? {}));
    }),
    RUNS,
  );
});

test('a message that came through other servers keeps them, the first one first, and the first arrival', () => {
  const passage = { relays: ['edge1.example.org', 'mid "2"'], by: ['5f0c', '77aa'], listener: 'relp0', at: EPOCH };
  const message = read({ bytes: `<38>1 - web1 sshd - - ${formatPassage(passage)}[own@1 a="b"] text` });
  assert.deepEqual(passageOf(message), passage);
  const id = encodeId(EPOCH + 5000, 1, 7);
  const trail = trailOf({ ...message, _id: id }, 'n/central');
  assert.deepEqual([trail.relays, trail.by, trail.at, trail.hops], [passage.relays, passage.by, EPOCH, 3]);
  const line = relayedLine(message, formatTrail(trail));
  assert.equal(line.split(TRAIL_ID).length, 2, 'only one element says where it came from');
  assert.match(line, /hops="3"\]\[own@1 a="b"\] text$/);
});

test('an element of ours that a device has forged is passed on as the device sent it', () => {
  const message = read({ bytes: `<38>1 - web1 sshd - - [${TRAIL_ID} hops="9" x="y"] text` });
  assert.equal(passageOf(message), undefined);
  assert.equal(relayedLine(message, ''), `<38>1 - web1 sshd - - [${TRAIL_ID} hops="9" x="y"] text`);
});

test('a trail looks like this', () => {
  const message = read({ bytes: '<38>Nov 22 16:20:01 web1 sshd[1234]: Accepted publickey' });
  const trail = trailOf({ ...message, _id: encodeId(EPOCH, 1, 1) }, '5f0c/central');
  assert.match(
    formatTrail(trail),
    /^\[cordwood@32473 id="[0-9a-f]{32}" at="[^"]+Z" from="5f0c\/central" ip="[^"]+" port="\d+" via="\w+" in="[^"]+" flags="year_guessed,tz_assumed" was="rfc3164" hops="1"\]$/,
  );
});

test('a beat that was written is read as the same beat, and its line has the severity info', () => {
  const id = encodeId(EPOCH, 1, 7);
  const counts = { waiting: 3, sent: 1_204_331, lost: 0, cut: 1, dead: 2 };
  const beat: Beat = { from: 'n/x]"', at: EPOCH, visible: id, last: id, ...counts, host: 'edge 1', version: '1.0' };
  assert.deepEqual(readBeat(firstParams(formatBeat(beat))), beat);
  const { last: _, ...before } = beat;
  assert.deepEqual(readBeat(firstParams(formatBeat(before))), before);
  const message = read({ bytes: beatLine(beat), receivedAt: EPOCH });
  assert.deepEqual([message.level, message.appname, message.msgid], ['info', 'cordwood', 'beat']);
  assert.equal(readBeat(firstParams(formatTrail(trailOf(message, 'x')))), undefined);
});
