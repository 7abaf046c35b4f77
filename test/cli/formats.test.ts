import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { visible, visibleJson } from '../../src/cli/io/escape.ts';
import type { FormatOptions } from '../../src/cli/formats/format.ts';
import { FORMATS } from '../../src/cli/formats/registry.ts';
import { fromJson } from '../../src/model/json.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { parseTime } from '../../src/query/index.ts';
import { message, NOW } from './fake.ts';

const PLAIN: FormatOptions = { zone: 'Europe/Berlin', terminal: false, color: false, fields: undefined };

async function written(name: string, found: LogMessage, change: Partial<FormatOptions> = {}): Promise<string> {
  const format = (await FORMATS.find((kind) => kind.name === name)!.load())({ ...PLAIN, ...change });
  return String(format.row(found, false));
}

function ok(name: string, found: Partial<LogMessage>, want: string, change: Partial<FormatOptions> = {}): void {
  test(`${name}: ${JSON.stringify(want)}`, async () => {
    assert.equal(await written(name, message(found), change), want);
  });
}

/** Text of a hostile sender. */
const EVIL = 'a\x1b[2Jb\u009bc\u202ed\ne\tf\x7f';
const SAFE = 'a\\x1b[2Jb\\u009bc\\u202ed\\ne\tf\\x7f';
const late = { received_at: new Date(NOW + 60_001) };

ok('short', {}, 'Nov 22 16:20:01 web1 sshd[1234]: Accepted publickey\n');
ok('short', { timestamp: new Date(Date.UTC(2026, 2, 1, 3)) }, 'Mar  1 04:00:00~ web1 sshd[1234]: Accepted publickey\n');
ok('short', late, 'Nov 22 16:20:01~ web1 sshd[1234]: Accepted publickey\n');
ok('short', {}, 'Nov 22 15:20:01 web1 sshd[1234]: Accepted publickey\n', { zone: 'UTC' });
ok('short', {}, 'Nov 22 20:50:01 web1 sshd[1234]: Accepted publickey\n', { zone: 'Asia/Kolkata' });
ok('short', { message: EVIL }, `Nov 22 16:20:01 web1 sshd[1234]: ${SAFE}\n`);
ok('short', { hostname: 'a\x1bb', appname: '\r' }, 'Nov 22 16:20:01 a\\x1bb \\r[1234]: Accepted publickey\n');
ok('short', { severity: 3 }, '\x1b[1m\x1b[31mNov 22 16:20:01 web1 sshd[1234]: Accepted publickey\x1b[39m\x1b[22m\n', {
  color: true,
});
ok('short', { severity: 4 }, '\x1b[33mNov 22 16:20:01 web1 sshd[1234]: Accepted publickey\x1b[39m\n', { color: true });
ok('short', { severity: 5 }, '\x1b[1mNov 22 16:20:01 web1 sshd[1234]: Accepted publickey\x1b[22m\n', { color: true });
ok('short', { severity: 7 }, '\x1b[90mNov 22 16:20:01 web1 sshd[1234]: Accepted publickey\x1b[39m\n', { color: true });
ok('short', {}, 'Nov 22 16:20:01 web1 sshd[1234]: Accepted publickey\n', { color: true });
const EXTRACTED = { user: 'ada b', status: 500 };
ok('short', { fields: EXTRACTED }, 'Nov 22 16:20:01 web1 sshd[1234]: Accepted publickey user="ada b" status=500\n');
ok('short', { fields: EXTRACTED }, 'Nov 22 16:20:01 web1 sshd[1234]: Accepted publickey status=500 facility=auth\n', {
  fields: ['fields.status', 'facility', 'msgid'],
});
ok('short-iso', {}, '2026-11-22T16:20:01.000+01:00 web1 sshd[1234]: Accepted publickey\n');
ok('short-iso', late, '2026-11-22T10:50:01.000-04:30~ web1 sshd[1234]: Accepted publickey\n', { zone: '-04:30' });
ok('short-full', late, '2026-11-22 16:21:01.001 +01:00 web1 sshd[1234]: Accepted publickey\n');
ok('cat', {}, 'Accepted publickey\n');
ok('cat', { message: EVIL }, `${EVIL}\n`);
ok('cat', { message: EVIL }, `${SAFE}\n`, { terminal: true });
ok('cat', {}, 'web1\t\tinfo\n', { fields: ['hostname', 'msgid', 'level'] });
ok('raw', {}, '<38>1 2026-11-22T15:20:01Z web1 sshd 1234 - - Accepted publickey\n');
ok('raw', { raw: Buffer.from('<38>x \x1b[0m') }, '<38>x \x1b[0m\n');
ok('raw', { raw: Buffer.from('<38>x \x1b[0m\xff', 'latin1') }, '<38>x \\x1b[0m\ufffd\n', { terminal: true });
ok(
  'csv',
  { message: '=1+1, "x"' },
  `2026-11-22T16:20:01.123+01:00,2026-11-22T16:20:01.000+01:00,web1,sshd,1234,auth,info,"'=1+1, ""x"""\r\n`,
);
for (const start of ['=', '+', '-', '@', '\t']) {
  ok('csv', { message: `${start}x` }, `'${start}x\r\n`, { fields: ['message'] });
}
ok('csv', { message: '\rx' }, '"\'\rx"\r\n', { fields: ['message'] });
ok('csv', { message: '\n=1+1' }, '"\'\n\'=1+1"\r\n', { fields: ['message'] });
ok('csv', { message: ' =1+1' }, "' =1+1\r\n", { fields: ['message'] });
ok('csv', { message: '\uff1d1+1' }, "'\uff1d1+1\r\n", { fields: ['message'] });
ok('csv', { message: 'hello;=1+1;@x;a-b; -c' }, "hello;'=1+1;'@x;a-b; -c\r\n", { fields: ['message'] });
ok('csv', { message: 'x;"=1+1' }, `"x;""'=1+1"\r\n`, { fields: ['message'] });
ok('csv', { message: 'a\nb' }, '"a\nb"\r\n', { fields: ['message'] });
ok('csv', { message: EVIL }, `${SAFE}\r\n`, { fields: ['message'], terminal: true });
ok('csv', { flags: ['no_pri', 'tz_assumed'] }, '"no_pri,tz_assumed",\r\n', { fields: ['flags', 'msgid'] });
ok(
  'logfmt',
  {},
  'time=2026-11-22T16:20:01.000+01:00 level=info host=web1 app=sshd procid=1234 msg="Accepted publickey"\n',
);
ok('logfmt', { message: 'ok' }, 'message=ok\n', { fields: ['message'] });
ok('logfmt', { message: '' }, 'message=""\n', { fields: ['message'] });
ok('logfmt', { message: 'a="b"\\\n\t' }, 'message="a=\\"b\\"\\\\\\n\\t"\n', { fields: ['message', 'msgid'] });
ok('json', {}, '{"hostname":"web1","flags":[],"severity":6}\n', { fields: ['hostname', 'flags', 'severity'] });
ok('json', { flags: ['no_pri'] }, '{"flags":["no_pri"]}\n', { fields: ['hostnam', 'flags'] });
ok('json', { message: EVIL }, '{"message":"a\\u001b[2Jb\\u009bc\\u202ed\\ne\\tf\\u007f"}\n', { fields: ['message'] });

test('verbose: every field on a line', async () => {
  const found = message({
    structured_data: { origin: { ip: 'x\ny' } },
    raw: Uint8Array.of(0x61, 0x1b, 0xff),
  });
  assert.deepEqual((await written('verbose', found)).split('\n'), [
    '2026-11-22 16:20:01.123 +01:00 [01a2033f0c6800010000000000000001]',
    '    received_at=2026-11-22T16:20:01.123+01:00',
    '    timestamp=2026-11-22T16:20:01.000+01:00',
    '    facility=auth',
    '    severity=info',
    '    hostname=web1',
    '    appname=sshd',
    '    procid=1234',
    '    message=Accepted publickey',
    '    source.ip=192.0.2.7',
    '    source.port=40000',
    '    source.transport=tcp',
    '    source.listener=tcp0',
    '    stream=default',
    '    format=rfc3164',
    '    sd.origin.ip=x\\ny',
    '    raw=a\\x1b\\xff',
    '',
  ]);
});

test('json can be read back as the same message', async () => {
  const found = message({ message: EVIL, raw: Uint8Array.of(1, 2) });
  assert.deepEqual(fromJson(JSON.parse(await written('json', found))), found);
});

test('-S reads the time that short-full shows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 4_102_444_800_000 }), async (at) => {
      const line = await written('short-full', message({ received_at: new Date(at) }));
      assert.equal(parseTime(line.split(' ').slice(0, 3).join(' '), { now: NOW, zone: 'UTC' }), at);
    }),
  );
});

test('raw writes the bytes as received', async () => {
  const format = (await FORMATS.find(({ name }) => name === 'raw')!.load())(PLAIN);
  const raw = Uint8Array.of(0x3c, 0xff, 0x0a, 0x1b);
  assert.deepEqual(format.row(message({ raw }), false), Buffer.from([0x3c, 0xff, 0x0a, 0x1b, 0x0a]));
});

const character = fc.oneof(
  fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
  fc.constantFrom(
    '\u061c',
    '\u200b',
    '\u2060',
    '\ufeff',
    '\u200e',
    '\u200f',
    '\u202a',
    '\u202e',
    '\u2066',
    '\u2069',
    '\u2028',
    'é',
    '日',
    '😀',
  ),
);
const text = fc.array(character, { maxLength: 20 }).map((characters) => characters.join(''));
const stamp = fc.oneof(fc.constantFrom(-8.64e15, 8.64e15, 0), fc.integer()).map((ms) => new Date(ms));
const hostile: fc.Arbitrary<LogMessage> = fc
  .record({
    ...{ hostname: text, appname: text, procid: text, msgid: text, message: text, severity: fc.nat({ max: 7 }) },
    structured_data: fc.dictionary(text, fc.dictionary(text, fc.oneof(text, fc.array(text)))),
    fields: fc.dictionary(text, fc.oneof(text, fc.constantFrom(1, true, null))),
    raw: fc.option(fc.uint8Array({ maxLength: 30 }), { nil: undefined }),
    timestamp: stamp,
    // Ours, 6 bytes of an id.
    received_at: fc.integer({ min: 0, max: 2 ** 48 - 1 }).map((ms) => new Date(ms)),
  })
  .map(({ raw, ...rest }) => message({ ...rest, ...(raw && { raw }) }));

/** Everything that may act on a terminal, except TAB, line feeds and our own colours. */
const ACTS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/;

for (const { name, load, fields } of FORMATS) {
  test(`${name} escapes everything in a message that acts on a terminal or starts a line`, async () => {
    const create = await load();
    for (const asked of [undefined, ...(fields ? [['message', 'hostname', 'msgid', 'sd.a.b', 'fields.a']] : [])]) {
      const plain = create({ ...PLAIN, terminal: true, fields: asked });
      const painted = create({ ...PLAIN, terminal: true, color: true, fields: asked });
      fc.assert(
        fc.property(hostile, (found) => {
          const shown = String(plain.row(found, false)).replace(/\r\n$/, '\n');
          assert.doesNotMatch(shown, ACTS);
          if (name !== 'verbose') assert.equal(shown.indexOf('\n'), shown.length - 1);
          const color = String(painted.row(found, false)).replace(/\r\n$/, '\n');
          assert.doesNotMatch(color.replace(/^(\x1b\[\d+m)+|(\x1b\[\d+m)+$/gm, ''), ACTS);
        }),
        { numRuns: Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 100 },
      );
    }
  });
}

test('escaping removes what acts on a terminal and keeps everything else', () => {
  fc.assert(
    fc.property(text, (given) => {
      assert.doesNotMatch(visible(given), ACTS);
      assert.equal(JSON.parse(visibleJson(JSON.stringify(given))), given);
      if (!ACTS.test(given) && !given.includes('\n')) assert.equal(visible(given), given);
    }),
  );
});
