import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import { MessageBatch, SPANS } from '../../src/model/batch.ts';
import { createParser, FastPath, FrameTable } from '../../src/parse/index.ts';
import { corpus, formatLine } from '../bench/corpus.ts';
import { mutated, seeded } from '../support/mutate.ts';
import { bytesOf, corpusCases } from './corpus.ts';
import { PEER, RECEIVED } from './support.ts';

const RUNS = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000);
const parser = createParser({ zoneOf: () => 'Europe/Berlin' });
const quick = MessageBatch.inMemory(8, 1 << 16);
const frames = new FrameTable(quick);
const fastPath = new FastPath(quick, frames);
const slow = new MessageBatch(8, 1 << 16);

const STAMP = '2026-11-22T16:20:05.123456+01:00';

const COMMON = [
  '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3"] An event',
  '<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - no BOM here',
  '<0>1 2026-11-22T16:20:05+01:00 - - - - -',
  '<191>1 2026-11-22T23:59:59.999999-11:59 h a p m - ',
  '<13>1 2024-02-29T00:00:00.1Z h a p m [x a="1" b="\\]\\"\\\\"][y d="2"][z@1  c="" ] text\n\0\r',
  '<13>1 2000-02-29T12:30:00.12Z h a p m [x c="2"][y b="1"]  two spaces',
  '<13>1 2026-11-22T16:20:05Z web1 sshd 1234 - -  Accepted publickey',
  '<13>1 2026-11-22T16:20:05Z web1 kernel - - -  eth0: link up',
  '<13>1 2026-11-22T16:20:05Z web1 kernel - - - ',
  '<13>1 2026-11-22T16:20:05Z web1 kernel - - -  ',
  '<13>1 2026-11-22T16:20:05Z web1 systemd-logind - - - New session',
  '<13>1 2100-02-28T12:30:00.1234Z h a p m - -',
  '<13>1 2100-12-31T12:30:00.12345Z h a p m - [',
  '<13>1 1970-01-01T00:00:00+14:00 h a p m - before 1970',
  `<13>1 2026-11-22T16:20:05Z ${'h'.repeat(255)} ${'a'.repeat(48)} ${'p'.repeat(128)} ${'m'.repeat(32)} - limits`,
  '<30>2026-11-22T16:20:05.123456+01:00 web1 sshd[1234]: Accepted publickey',
  '<30>2026-11-22T16:20:05Z web1.example.org postfix/smtpd[77]: connect from unknown',
  '<4>2026-11-22T16:20:05.1Z db-1 kernel: [12345.678901] eth0: link up\n',
  '<13>2026-11-22T16:20:05.123+00:00 192.0.2.9 systemd-logind[800]:no blank',
  '<13>2026-11-22T16:20:05.123456+00:00 web1 systemd-networkd-wait-online: a text',
  '<13>2026-11-22T16:20:05.123456+00:00 a_host-name.with.many-parts.example.org php8.2-fpm:',
  '<13>2026-11-22T16:20:05.123456+00:00 web1 app[a/b.c-d_e:f]: text',
  '<13>2026-11-22T16:20:05.123456+00:00 web1 nginx: 192.0.2.4 - - [x] "GET / HTTP/1.1" 200',
  ...Array.from({ length: 12 }, (_, month) => {
    const last = new Date(Date.UTC(2025, month + 1, 0)).toISOString().slice(0, 10);
    return `<13>1 ${last}T23:59:59.000Z h a p m - last day of a month`;
  }),
];

const UNUSUAL = [
  '<13>1 2024-02-29T00:00:00Z h a p m [x a="1" b="]"]',
  '<192>1 2026-11-22T16:20:05Z h a p m - x',
  '<013>1 2026-11-22T16:20:05Z h a p m - x',
  '<>1 2026-11-22T16:20:05Z h a p m - x yy',
  '<13>2 2026-11-22T16:20:05Z h a p m - x',
  '<13>1 - h a p m - no time stamp, which is long',
  '<13>1 2025-02-29T16:20:05Z h a p m - x',
  '<13>1 2026-11-31T16:20:05Z h a p m - x',
  '<13>1 2026-00-10T16:20:05Z h a p m - x',
  '<13>1 2026-11-22T24:20:05Z h a p m - x',
  '<13>1 2026-11-22T16:20:60Z h a p m - x',
  '<13>1 2026-11-22T16:20:05.Z h a p m - x',
  '<13>1 2026-11-22T16:20:05.1234567Z h a p m - x',
  '<13>1 2026-11-22T16:20:05 h a p m - no zone',
  '<13>1 2026-11-22T16:20:05+0100 h a p m - x',
  '<13>1 2026-11-22T16:20:05Z h a p m',
  '<13>1 2026-11-22T16:20:05Z h a  m - x',
  `<13>1 2026-11-22T16:20:05Z ${'h'.repeat(256)} a p m - x`,
  `<13>1 2026-11-22T16:20:05Z h ${'a'.repeat(49)} p m - x`,
  '<13>1 2026-11-22T16:20:05Z h a p m [ssign a="b"] x',
  '<13>1 2026-11-22T16:20:05Z h a p m [x a="b] x',
  '<13>1 2026-11-22T16:20:05Z h a p m [x a="\\',
  '<13>1 2026-11-22T16:20:05Z h a p m [x ="b"] x',
  '<13>1 2026-11-22T16:20:05Z h a p m -x',
  '<13>1 2026-11-22T16:20:05Z h a p m - grün',
  '<13>Nov 22 16:20:05 host app[1]: of the older kind',
  '<13>2026-11-22T16:20:05 web1 app[1]: without an offset',
  '<13>2026-11-22 16:20:05Z web1 app[1]: without a T',
  '<13>2026-11-22T16:20:05Z 4711 app[1]: a number',
  '<13>2026-11-22T16:20:05Z 2001:db8::1 app[1]: an address with colons',
  '<13>2026-11-22T16:20:05Z web1. app[1]: a point at the end',
  '<13>2026-11-22T16:20:05Z notice app[1]: a level',
  '<30>2026-11-22T16:20:05Z daemon.info app[1]: a facility and a level',
  '<13>2026-11-22T16:20:05Z a/b app[1]: a slash',
  '<13>2026-11-22T16:20:05Z web1 notice: a level',
  '<13>2026-11-22T16:20:05Z web1 (cron)[1]: in parentheses',
  '<13>2026-11-22T16:20:05Z web1 app[]: no process',
  '<13>2026-11-22T16:20:05Z web1 app[1 2]: a blank',
  '<13>2026-11-22T16:20:05Z web1 std::bad_alloc thrown',
  '<13>2026-11-22T16:20:05Z web1 only text, and no tag',
  '<189>2026-11-22T16:20:05Z sw1 core1: *Nov 22 16:20:05.425: %SYS-5-CONFIG_I: Configured',
  '<189>2026-11-22T16:20:05Z sw1 core1: 2026 Nov 22 16:20:05 UTC: %SYS-5-CONFIG_I: Configured',
  '<189>2026-11-22T16:20:05Z sw1 core1: 157: Nov 22 16:20:05 UTC: %SYS-5-CONFIG_I: Configured',
  '<189>2026-11-22T16:20:05Z sw1 core1: Nov 22 16:20:05 UTC: %SYS-5-CONFIG_I: Configured',
  '<189>2026-11-22T16:20:05Z sw1 core1: %SYS-5-CONFIG_I: Configured',
  '<13>0 2026-11-22T16:20:05Z h a p m - x',
  '<13>1 2026-11-22T16:20:05Z h a p m [x][y] words in brackets',
  '<13>1 2026-11-22T16:20:05Z h a p m [x a="1"][y] text',
  '<13>1 2026-11-22T16:20:05Z h app: p m - a tag',
  '<13>1 2026-11-22T16:20:05Z f5a notice - - -  mcpd[4567]: Pool member down',
  '<13>1 2026-11-22T16:20:05Z gw local0 - - -  mcpd[4567]: Pool member down',
  '<13>1 2026-11-22T16:20:05Z gw daemon.info - - -  mcpd[4567]: Pool member down',
  '<13>1 2026-11-22T16:20:05Z sw1 157 - - -  *Nov 22 16:20:05.425: %SYS-5-CONFIG_I: Configured',
  '<13>1 2026-11-22T16:20:05Z sw1 - - - -  2026 Nov 22 16:20:05 UTC: %SYS-5-CONFIG_I: Configured',
  '<13>1 2026-11-22T16:20:05Z 192.0.2.9 sw1 - - -  Nov 22 16:20:05.425: %SYS-5-CONFIG_I: Configured',
  '<13>1 2026-11-22T16:20:05Z Dream Dream - - -  ubios-udapi-server[3117]: x',
  '<13>1 2026-11-22T16:20:05Z 192.0.2.9 U7PG2,788a20aabbcc,v4.3.20 - - -  hostapd: ath0',
  '<13>1 2026-11-22T16:20:05Z 192.0.2.9 RP/0/RSP0/CPU0 - - - Nov 22 16:20:05.123 : config[65]: m',
];

test('the fast path reads the common forms, and no others', () => {
  for (const line of COMMON) assert.ok(readBoth(Buffer.from(line)), line);
  for (const line of UNUSUAL) assert.ok(!readBoth(Buffer.from(line)), line);
  for (const line of corpus({ lines: 2000 })) {
    assert.ok(readBoth(Buffer.from(formatLine(line))), formatLine(line));
    const { priority, hostname, appname, procid = '7', message } = line;
    const forwarded = `<${priority}>${STAMP} ${hostname} ${appname}[${procid}]: ${message}`;
    assert.ok(readBoth(Buffer.from(forwarded)), forwarded);
  }
});

test('law: the fast path reads what the parser reads, column by column', () => {
  const device = corpusCases().flatMap(({ cases }) => cases.map(bytesOf));
  const samples = [...COMMON, ...UNUSUAL].map((line) => Buffer.from(line));
  const random = seeded();
  let read = 0;
  for (let run = 0; run < RUNS; run++) {
    const bytes = mutated(run % 8 === 0 ? device : samples, random);
    if (bytes.length < 8000 && readBoth(bytes, random)) read++;
  }
  assert.ok(read > RUNS / 20, `only ${read} of ${RUNS} frames were of the common form`);
});

test('the fast path stops at a frame that it cannot read, goes on after it, and numbers rows and sequences', () => {
  const batch = MessageBatch.inMemory(16);
  const table = new FrameTable(batch);
  const reader = new FastPath(batch, table);
  const lines = [COMMON[0]!, COMMON[1]!, UNUSUAL[0]!, COMMON[2]!];
  batch.sources.push(PEER, { ...PEER, port: 2 });
  for (const [index, line] of lines.entries()) {
    table.start[index] = batch.put(Buffer.from(line));
    table.length[index] = line.length;
    table.source[index] = index % 2;
  }
  assert.equal(reader.read(0, 4, RECEIVED, 100), 2);
  assert.equal(reader.read(2, 4, RECEIVED, 102), 0);
  assert.equal(reader.read(3, 4, RECEIVED, 103), 1);
  assert.deepEqual([...batch.sequence.subarray(0, batch.count)], [100, 101, 103]);
  assert.deepEqual([...batch.source.subarray(0, batch.count)], [0, 1, 1]);
  assert.equal(batch.message(1).message, 'no BOM here');
});

test('the fast path stops at a frame that has flags', () => {
  const batch = MessageBatch.inMemory(16);
  const table = new FrameTable(batch);
  const reader = new FastPath(batch, table);
  batch.sources.push(PEER);
  for (let index = 0; index < 3; index++) {
    table.start[index] = batch.put(Buffer.from(COMMON[0]!));
    table.length[index] = COMMON[0]!.length;
  }
  table.flags[1] = FRAME_FLAG.possibleDuplicate;
  assert.equal(reader.read(0, 3, RECEIVED, 1), 1);
  assert.equal(reader.read(1, 3, RECEIVED, 2), 0);
  assert.equal(reader.read(2, 3, RECEIVED, 3), 1);
});

test('a frame table needs a batch in a WebAssembly memory', () => {
  assert.throws(() => new FrameTable(new MessageBatch(8, 1 << 16)), TypeError);
});

/** @returns whether the frame is of the common form; then both ways of reading it agree */
function readBoth(bytes: Buffer, random = seeded()): boolean {
  const [receivedAt, sequence] = [RECEIVED + random(1e9) - 5e8, random(1e9)];
  const around = Buffer.from(Array.from({ length: 20 }, () => random(256)));
  const start = around.length;
  for (const batch of [quick, slow]) {
    batch.clear();
    batch.sources.push(PEER);
    for (const part of [around, bytes, around]) batch.put(part);
  }
  // Values of earlier rows must be overwritten.
  for (const column of columnsOf(quick)) column.fill(random(100));
  frames.start[3] = start;
  frames.length[3] = bytes.length;
  frames.source[3] = 0;
  if (fastPath.read(3, 4, receivedAt, sequence) === 0) return false;
  parser.parse(slow, slow.begin(receivedAt, sequence, 0), start, start + bytes.length);
  assert.equal(quick.count, 1);
  for (const [index, column] of columnsOf(slow).entries()) {
    assert.equal(
      columnsOf(quick)[index]![0],
      column[0],
      `column ${index} of ${JSON.stringify(bytes.toString('latin1'))}`,
    );
  }
  assert.deepEqual(spansOf(quick), spansOf(slow), JSON.stringify(bytes.toString('latin1')));
  return true;
}

function columnsOf(batch: MessageBatch) {
  const { receivedAt, sequence, priority, format, version, flags, timestamp } = batch;
  const { timestampUs, timestampOffset, originalLength, source, stream } = batch;
  const numbers = [receivedAt, sequence, priority, format, version, flags, timestamp];
  return [...numbers, timestampUs, timestampOffset, originalLength, source, stream];
}

function spansOf({ lengths, offsets }: MessageBatch): number[][] {
  return Array.from({ length: SPANS }, (_, span) => [lengths[span]!, lengths[span]! < 0 ? 0 : offsets[span]!]);
}
