import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHostPort } from '../../src/base/ip.ts';
import { bytes, cidr, duration, hostPort, shown, z, zone } from '../../src/base/schema.ts';
import { formatPath, validate } from '../../src/base/validate.ts';

const ok = (name: string, schema: z.ZodType, given: unknown, want: unknown) =>
  test(`${name} ${JSON.stringify(given)}`, () => assert.deepEqual(validate(schema, given), { value: want }));
const bad = (name: string, schema: z.ZodType, given: unknown, want: string) =>
  test(`${name} ${JSON.stringify(given)} is rejected`, () => {
    assert.deepEqual(validate(schema, given), { faults: [{ path: [], message: want }] });
  });

const DURATION = 'a duration with its unit, e.g. 90s, 10m, 30d';
ok('duration', duration(), '30d', 2_592_000_000);
ok('duration', duration({ min: 1000, max: 2000 }), '2s', 2000);
bad('duration', duration(), 30, `30 is not ${DURATION}; write 30s, 30m, 30h or 30d`);
bad('duration', duration(), '2 hours', `"2 hours" is not ${DURATION}; write 2h`);
bad('duration', duration(), '30', `"30" is not ${DURATION}`);
bad('duration', duration(), undefined, `is missing; it is ${DURATION}`);
bad('duration', duration(), ['1s'], `["1s"] is not ${DURATION}`);
bad('duration', duration({ min: 1000 }), '1ms', '"1ms" is too small; the minimum is 1s');
bad('duration', duration({ max: 1000 }), '1m', '"1m" is too large; the maximum is 1s');
ok('bytes', bytes(), '64KiB', 65_536);
bad('bytes', bytes(), 64, '64 is not a size with its unit, e.g. 64KiB, 2GiB');
bad('bytes', bytes({ max: 1024 }), '1MiB', '"1MiB" is too large; the maximum is 1 KiB');

const ADDRESS = 'is not an address and port, e.g. 0.0.0.0:514 or [::]:514';
ok('address', hostPort(), '127.0.0.1:5514', { host: '127.0.0.1', port: 5514 });
ok('address', hostPort(), '[::1]:0', { host: '::1', port: 0 });
ok('address', hostPort(), '[fe80::1%eth0]:514', { host: 'fe80::1%eth0', port: 514 });
ok('address', hostPort(), '*:514', { host: '::', port: 514 });
ok('address', hostPort(), 'logs.example.org:65535', { host: 'logs.example.org', port: 65_535 });
bad('address', hostPort(), ':514', `":514" ${ADDRESS}; write "*:514", with the quotes, for all addresses`);
bad('address', hostPort(), '[]:514', `"[]:514" ${ADDRESS}`);
bad('address', hostPort(), '[127.0.0.1]:514', `"[127.0.0.1]:514" ${ADDRESS}: 127.0.0.1 is not a valid host name`);
bad('address', hostPort(), '-x:514', `"-x:514" ${ADDRESS}: -x is not a valid host name`);
bad('address', hostPort(), 'a:b', `"a:b" ${ADDRESS}`);
bad('address', hostPort(), 'a:1\n', `"a:1\\n" ${ADDRESS}`);

test('formatHostPort inverts hostPort', () => {
  for (const text of ['127.0.0.1:5514', '[::1]:0', 'logs.example.org:514']) {
    const read = validate(hostPort(), text);
    assert.ok('value' in read);
    assert.equal(formatHostPort(read.value), text);
  }
});

ok('zone', zone(), 'Europe/Berlin', 'Europe/Berlin');
ok('zone', zone(), '+05:30', '+05:30');
bad('zone', zone(), 'Berlin', '"Berlin" is not a time zone; did you mean "Europe/Berlin"?');
bad('zone', zone(), 'Europe/Berln', '"Europe/Berln" is not a time zone; did you mean "Europe/Berlin"?');
bad('zone', zone(), 2, '2 is not a time zone, e.g. Europe/Berlin or +02:00');
const NETWORK = 'is not an address or a network, e.g. 10.0.0.0/8 or 2001:db8::/32';
ok('network', cidr(), '10.0.0.0/8', '10.0.0.0/8');
ok('network', cidr(), '10.0.0.7', '10.0.0.7/32');
ok('network', cidr(), '::/0', '::/0');
bad('network', cidr(), '10.0.0.0/33', `"10.0.0.0/33" ${NETWORK}: the longest prefix is /32`);
bad('network', cidr(), 'fe80::1%eth0', `"fe80::1%eth0" ${NETWORK}`);
bad('network', cidr(), '10.0.0/8', `"10.0.0/8" ${NETWORK}`);

const thing = z.strictObject({
  list: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('cat'), lives: z.int().min(1).max(9).default(9) }),
        z.strictObject({ kind: z.literal('dog'), name: z.string().min(1), tricks: z.boolean().optional() }),
      ]),
    )
    .max(3)
    .optional(),
  order: z.enum(['oldest', 'newest']).optional(),
  even: z
    .number()
    .refine((value) => value % 2 === 0, { error: 'is odd' })
    .optional(),
});

const faults = (given: unknown, ...want: string[]) =>
  test(`validate reports all errors in ${JSON.stringify(given)}`, () => {
    const result = validate(thing, given);
    assert.ok('faults' in result);
    assert.deepEqual(
      result.faults.map(({ path, message }) => `${formatPath(path)}: ${message}`),
      want,
    );
  });
faults([], ': [] is not a group of keys');
faults({ order: 'newst' }, 'order: "newst" is not one of: oldest, newest; did you mean "newest"?');
faults({ even: 3 }, 'even: 3 is odd');
faults({ even: '2' }, 'even: "2" is not a number');
faults({ list: {} }, 'list: {} is not a list');
faults({ list: null }, 'list: null is empty; give it a value, or leave the key out');
faults(
  { list: [{ kind: 'cow' }, {}, 3] },
  'list[0].kind: "cow" is not one of: cat, dog',
  'list[1].kind: is missing; it is one of: cat, dog',
  'list[2]: 3 is not a group of keys',
);
faults(
  {
    list: [
      { kind: 'cat', lives: 10, live: 1 },
      { kind: 'dog', tricks: 'no', liver: 1 },
    ],
  },
  'list[0].lives: 10 is out of range; it is at most 9',
  'list[0].live: unknown key (set to 1); did you mean "lives"?',
  'list[1].name: is missing; it is a text',
  'list[1].tricks: "no" is not true or false; write false',
  'list[1].liver: unknown key (set to 1); known here: kind, name, tricks',
);
faults({ list: Array.from({ length: 4 }, () => ({ kind: 'cat' })) }, 'list: has 4 entries; it takes at most 3');
faults(
  { lisst: [1], password: 'hunter2' },
  'lisst: unknown key; did you mean "list"?',
  'password: unknown key; known here: list, order, even',
);

test('a value is quoted on one line, and cut if it is long', () => {
  assert.equal(shown('a\nb'), '"a\\nb"');
  assert.equal(shown(undefined), 'undefined');
  assert.equal(shown('x'.repeat(200)).length, 80);
});
