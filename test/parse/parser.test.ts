import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, deflateSync } from 'node:zlib';
import { MessageBatch, SPAN } from '../../src/model/batch.ts';
import { flagBit, type Source } from '../../src/model/message.ts';
import { createParser } from '../../src/parse/index.ts';
import { fill, PEER, parsed, RECEIVED, read } from './support.ts';

const LINE = '<13>Nov 22 16:20:01 web1 app: zipped text';
const zipped = (text: string) => Buffer.concat([Buffer.from('z'), deflateSync(text)]);
const peer = (ip: string): Source => ({ ...PEER, ip });

test('a compressed frame is read as its content', () => {
  const { flags, ...message } = parsed(read({ bytes: zipped(LINE) }));
  const { flags: plain, ...same } = parsed(read({ bytes: LINE }));
  assert.deepEqual(message, same);
  assert.deepEqual(flags, [...(plain as string[]), 'compressed']);
});

test('a compressed frame without its checksum is still read', () => {
  assert.equal(read({ bytes: zipped(LINE).subarray(0, -3) }).message, 'zipped text');
});

test('the content of a compressed frame is kept if it cannot be parsed', () => {
  const bytes = zipped('<999>Nov 22 16:20:01 web1 app: m');
  assert.equal(parsed(read({ bytes }))['raw'], '<999>Nov 22 16:20:01 web1 app: m');
});

test('a compressed frame that cannot be inflated is kept compressed, and counted', () => {
  let counted = 0;
  const onNotInflated = () => counted++;
  const ok = (bytes: Buffer, options: { inflates?: () => boolean; maxInflated?: number } = {}) => {
    const message = read({ bytes, parser: createParser({ zoneOf: () => 'UTC', onNotInflated, ...options }) });
    const kept = message.raw ?? Buffer.from(message.message);
    assert.deepEqual(Buffer.from(kept), bytes);
    assert.ok(!message.flags.includes('compressed'));
  };
  ok(zipped(LINE), { inflates: () => false });
  ok(zipped('x'.repeat(5000)), { maxInflated: 4999 });
  ok(Buffer.concat([Buffer.from('zx\x9c', 'latin1'), Buffer.from('no stream')]));
  ok(Buffer.concat([Buffer.from('z'), deflateRawSync(LINE)]));
  ok(Buffer.from('z'));
  ok(Buffer.from('zxy is a word'));
  assert.equal(counted, 2, 'one too large, one broken');
});

test('a compressed frame exactly at the limit is inflated', () => {
  const parser = createParser({ zoneOf: () => 'UTC', maxInflated: 5000 });
  assert.equal(read({ bytes: zipped('x'.repeat(5000)), parser }).message, 'x'.repeat(5000));
});

test('the address of a peer is added once to each batch as the host', () => {
  const parser = createParser({ zoneOf: () => 'UTC' });
  const batch = new MessageBatch(8, 4096);
  for (const ip of ['192.0.2.7', '192.0.2.8', '192.0.2.7']) {
    const { start, end } = fill(batch, { bytes: 'text', source: peer(ip) });
    for (let row = 0; row < 3; row++) parser.parse(batch, batch.begin(RECEIVED, row, 0), start, end);
    const hosts = [0, 1, 2].map((row) => batch.message(row).hostname);
    assert.deepEqual(hosts, [ip, ip, ip]);
    assert.equal(batch.offsets[SPAN.hostname], batch.used - ip.length);
  }
});

test('with a full arena, the host is lost, not the message', () => {
  const batch = new MessageBatch(4, 64);
  batch.sources.push(PEER);
  const bytes = Buffer.from('t'.repeat(60));
  const start = batch.put(bytes);
  createParser({ zoneOf: () => 'UTC' }).parse(batch, batch.begin(RECEIVED, 0, 0), start, start + bytes.length);
  const message = batch.message(0);
  assert.equal(message.message, 't'.repeat(60));
  assert.equal(message.hostname, undefined);
  assert.ok(message.flags.includes('no_hostname'));
});

test('with a full arena, a compressed frame stays compressed', () => {
  const bytes = zipped(LINE);
  const batch = new MessageBatch(4, bytes.length + 20);
  batch.sources.push(PEER);
  const start = batch.put(bytes);
  createParser({ zoneOf: () => 'UTC' }).parse(batch, batch.begin(RECEIVED, 0, 0), start, start + bytes.length);
  assert.deepEqual(Buffer.from(batch.message(0).raw!), bytes);
});

test('the flags of the framer stay, and a character that it cut is not an error', () => {
  const cut = Buffer.from('<13>Nov 22 16:20:01 web1 app: grün').subarray(0, -2);
  const ok = (flags: number, want: readonly string[]) => {
    const noted = read({ bytes: cut, flags }).flags.filter((flag) => !['year_guessed', 'tz_assumed'].includes(flag));
    assert.deepEqual(noted, want);
  };
  ok(flagBit('truncated'), ['truncated']);
  ok(flagBit('partial'), ['partial']);
  ok(0, ['invalid_utf8']);
  const broken = Buffer.from('<13>Nov 22 16:20:01 web1 app: \xff gr\xc3', 'latin1');
  assert.ok(read({ bytes: broken, flags: flagBit('truncated') }).flags.includes('invalid_utf8'));
});

test('each source has its own zone', () => {
  const asked: string[] = [];
  const zones: Record<string, string> = { '192.0.2.1': '+01:00', '192.0.2.2': '-01:00' };
  const parser = createParser({
    zoneOf: ({ ip }) => {
      asked.push(ip);
      return zones[ip] ?? 'UTC';
    },
  });
  const batch = new MessageBatch(8, 4096);
  const { start, end } = fill(batch, { bytes: '<13>Nov 22 16:20:01 web1 app: m', source: peer('192.0.2.1') });
  batch.sources.push(peer('192.0.2.2'), peer('192.0.2.3'));
  for (const [sequence, source] of [0, 1, 2, 0, 1].entries()) {
    parser.parse(batch, batch.begin(RECEIVED, sequence, source), start, end);
  }
  const hours = [0, 1, 2, 3, 4].map((row) => batch.message(row).timestamp.getUTCHours());
  assert.deepEqual(hours, [15, 17, 16, 15, 17]);
  assert.deepEqual(asked, ['192.0.2.1', '192.0.2.2', '192.0.2.3'], 'each is asked for once');
});

test('the zone of a host overrides the zone of its peer', () => {
  const hostZones = new Map([
    ['web1', 'America/New_York'],
    ['192.0.2.7', '+05:30'],
    ['far', '-10:00'],
  ]);
  const parser = createParser({ zoneOf: () => '+14:00', hostZones });
  const at = (bytes: string, want: string) => {
    const { timestamp } = read({ bytes, parser });
    assert.equal(timestamp.toISOString(), `${want}.000Z`, bytes);
  };
  at('<13>Nov 22 11:20:05 web1 app: m', '2026-11-22T16:20:05');
  at('<13>Nov 23 06:20:05 web2 app: m', '2026-11-22T16:20:05');
  at('<13>Nov 22 11:20:05 web1 app: m', '2026-11-22T16:20:05');
  at('<13>2026-11-22T11:20:05 web1 app: m', '2026-11-22T16:20:05');
  at('<13>2026-11-22T11:20:05+01:00 web1 app: m', '2026-11-22T10:20:05');
  at('<13>1 2026-11-22T11:20:05Z web1 app - - - m', '2026-11-22T11:20:05');
  at('<13>*Nov 22 2026 21:50:05: %SYS-5-CONFIG_I: m', '2026-11-22T16:20:05');
  // With the zone of the peer, this stamp is more than a day off: with that of the host, another year is chosen.
  at('<13>Nov 22 06:20:05 far app: m', '2026-11-22T16:20:05');
});

test('lines of 256 KiB of one character are parsed in time, and keep every byte', () => {
  const size = 256 << 10;
  for (const piece of [
    'a',
    ' ',
    '1',
    ':',
    '[',
    '<',
    'a:',
    ' a',
    '[a ',
    '[a b="',
    'Nov 22 16:20:01 ',
    '\\',
    '"',
    '1 - ',
    '\xff',
    '1:a: ',
  ]) {
    for (const head of [
      '',
      '<13>',
      '<13>1 - - - - - ',
      '<13>Nov 22 16:20:01 ',
      '<13>Nov 22 16:20:01 web1 ',
      '<13>1: ',
    ]) {
      const bytes = Buffer.from(head + piece.repeat(size / piece.length), 'latin1');
      const message = read({ bytes });
      const kept = message.raw?.length ?? Buffer.byteLength(message.message);
      assert.ok(kept > size - 300, `${head}${piece}: ${kept}`);
    }
  }
});
