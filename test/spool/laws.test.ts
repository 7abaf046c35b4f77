import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import type { Source } from '../../src/model/message.ts';
import type { Entry } from '../../src/spool/contract.ts';
import { openSpoolReader } from '../../src/spool/index.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { makeFrames, openSmall } from './support.ts';

type Frame = {
  readonly skipped: Uint8Array;
  readonly bytes: Uint8Array;
  readonly flags: number;
  readonly original: number;
  readonly peer: number;
};
type Draft = {
  readonly frames: readonly Frame[];
  readonly peer: number;
  readonly datagrams: boolean;
  readonly cuts: readonly number[];
};
type Read = { readonly bytes: string; readonly flags: number; readonly original: number; readonly source: Source };

const PEERS: readonly Source[] = [
  { ip: '192.0.2.1', port: 1, transport: 'udp', listener: 'udp0' },
  { ip: '2001:db8::1', port: 65535, transport: 'tls', listener: 'tls0', peer_cn: 'häst.example.org "x"' },
  { ip: '192.0.2.1', port: 2, transport: 'relp', listener: 'relp0' },
  { ip: '192.0.2.1', port: 3, transport: 'tcp', listener: 'a name with spaces' },
];

const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 250, maxLength: 9000 }));
const frame: fc.Arbitrary<Frame> = fc.record({
  skipped: fc.oneof(fc.constant(new Uint8Array(1)), fc.uint8Array({ maxLength: 300 })),
  bytes,
  flags: fc.constantFrom(0, 0, 1, 2, 3),
  original: fc.constantFrom(0, 0, 300, 70_000, 0xffffffff),
  peer: fc.nat(PEERS.length - 1),
});
const draft: fc.Arbitrary<Draft> = fc.record({
  frames: fc.array(frame, { minLength: 1, maxLength: 30 }),
  peer: fc.nat(PEERS.length - 1),
  datagrams: fc.boolean(),
  cuts: fc.array(fc.nat(5000), { maxLength: 40 }),
});

test('law: entries are read back as appended, with any frames, parts, peers and segments', async () => {
  const runs = fc.array(fc.array(draft, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(runs, async (sessions) => {
      using folder = temporaryFolder();
      for (const drafts of sessions) await writeAll(folder.path, drafts);
      const wanted = sessions.flat().flatMap(wantedOf);
      assert.deepEqual(readBack(folder.path), wanted);
    }),
    { numRuns: 25 },
  );
});

test('a record accepts the most frames and the longest frames that it allows', async () => {
  using folder = temporaryFolder();
  const many = Array.from({ length: 4096 }, (_, i): Frame => {
    return {
      skipped: new Uint8Array(0),
      bytes: new Uint8Array(i % 120),
      flags: 0,
      original: 0,
      peer: i % PEERS.length,
    };
  });
  const long: Frame = {
    skipped: new Uint8Array(0),
    bytes: new Uint8Array(512 << 10),
    flags: 1,
    original: 2 ** 31,
    peer: 0,
  };
  const empty: Frame = { ...long, bytes: new Uint8Array(0) };
  const drafts: Draft[] = [
    { frames: many, peer: 0, datagrams: true, cuts: Array.from({ length: 3000 }, (_, i) => i * 7) },
    { frames: [long], peer: 1, datagrams: false, cuts: [] },
    { frames: [empty], peer: 1, datagrams: false, cuts: [] },
  ];
  await writeAll(folder.path, drafts);
  assert.deepEqual(readBack(folder.path), drafts.flatMap(wantedOf));
});

async function writeAll(folder: string, drafts: readonly Draft[]): Promise<void> {
  await using spool = await openSmall(folder);
  const sessions = PEERS.map((peer) => spool.openSession(peer));
  const pending: Promise<void>[] = [];
  for (const each of drafts) {
    const entry = entryOf(each, sessions);
    pending.push(spool.append(entry)!);
    // The owner of the arrays changes them at once.
    entry.frames.skip.fill(7);
    entry.frames.length.fill(7);
    entry.frames.session?.fill(7);
  }
  await Promise.all(pending);
}

function entryOf({ frames: list, peer, datagrams, cuts }: Draft, sessions: readonly number[]): Entry {
  const frames = makeFrames(list.length);
  for (const [index, each] of list.entries()) {
    frames.skip[index] = each.skipped.length;
    frames.length[index] = each.bytes.length;
    frames.flags[index] = each.flags;
    frames.original[index] = each.original;
  }
  const payload = Buffer.concat(list.flatMap((each) => [each.skipped, each.bytes]));
  const parts: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    parts.push(payload.subarray(from, Math.max(from, Math.min(cut, payload.length))));
    from = Math.max(from, Math.min(cut, payload.length));
  }
  parts.push(payload.subarray(from));
  const perFrame = Uint32Array.from(list, (each) => sessions[each.peer]!);
  return datagrams
    ? { session: 0, frames: { ...frames, session: perFrame }, parts, acknowledged: false }
    : { session: sessions[peer]!, frames, parts, acknowledged: true };
}

function wantedOf({ frames, peer, datagrams }: Draft): Read[] {
  return frames.map((each) => ({
    bytes: Buffer.from(each.bytes).toString('latin1'),
    flags: each.flags,
    original: each.original,
    source: PEERS[datagrams ? each.peer : peer]!,
  }));
}

function readBack(folder: string): Read[] {
  using reader = openSpoolReader({ folder });
  const arena = Buffer.alloc(1 << 20);
  const found: Read[] = [];
  let last = 0;
  let lastReceivedAt = 0;
  while (reader.next(arena, 100) !== 0) {
    const { record } = reader;
    assert.ok(record.firstSequence > last && record.receivedAt >= lastReceivedAt);
    last = record.firstSequence + record.count - 1;
    lastReceivedAt = record.receivedAt;
    for (let i = 0; i < record.count; i++) {
      const at = record.offset[i]!;
      found.push({
        bytes: arena.toString('latin1', at, at + record.length[i]!),
        flags: record.flags[i]! & ~FRAME_FLAG.possibleDuplicate,
        original: record.original[i]!,
        source: reader.sources[record.source[i]!]!,
      });
    }
  }
  assert.deepEqual(reader.damaged, { places: 0, bytes: 0 });
  return found;
}
