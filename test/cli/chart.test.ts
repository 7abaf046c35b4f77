import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { type ChartOptions, chart } from '../../src/cli/views/chart.ts';
import { stampsIn } from '../../src/cli/views/stamps.ts';
import { NOW } from './fake.ts';

const STEP = 600_000;
const stamps = stampsIn('UTC');
const BASE: Omit<ChartOptions, 'groups'> = {
  field: undefined,
  step: STEP,
  since: NOW - 2 * STEP,
  until: undefined,
  now: NOW,
  columns: 40,
  color: false,
  stamp: (at) => stamps.bucket(at, STEP),
};
const at = (bucket: number): number => Math.floor(NOW / STEP) * STEP + bucket * STEP;

function ok(name: string, options: Partial<ChartOptions> & Pick<ChartOptions, 'groups'>, want: string[]): void {
  test(name, () => assert.deepEqual(chart({ ...BASE, ...options }).split('\n'), [...want, '']));
}

ok(
  'bars are drawn in proportion, with empty buckets',
  {
    groups: [
      { at: at(-2), values: [], count: 1000 },
      { at: at(0), values: [], count: 1 },
    ],
  },
  ['11-22 15:00  1,000  ████████████████████', '11-22 15:10      0', '11-22 15:20      1  ▏'],
);
ok(
  'bars are exact to an eighth of a column',
  {
    groups: [
      { at: at(0), values: [], count: 8 },
      { at: at(-1), values: [], count: 5 },
    ],
    columns: 26,
    since: at(-1),
  },
  ['11-22 15:10  5  ██████▎', '11-22 15:20  8  ██████████'],
);
ok(
  'severities are columns, worst first',
  {
    field: 'severity',
    since: at(0),
    groups: [
      { at: at(0), values: [6], count: 9 },
      { at: at(0), values: [3], count: 1 },
    ],
  },
  ['             err  info  total', '11-22 15:20    1     9     10  ██████████'],
);
ok(
  'the most common values are columns, and the others share one',
  {
    field: 'hostname',
    since: at(0),
    columns: 80,
    groups: [...'abcdefg', null].map((value, index) => ({
      at: at(0),
      values: [value && `${value}\x1b`],
      count: 10 - index,
    })),
  },
  [
    '             a\\x1b  b\\x1b  c\\x1b  d\\x1b  e\\x1b  f\\x1b  others  total',
    '11-22 15:20     10      9      8      7      6      5       7     52  ██████████',
  ],
);
ok('many empty buckets are one line', { groups: [{ at: at(-200), values: [], count: 1 }], since: undefined }, [
  '11-21 06:00  1  ████████████████████████',
  '             … 200 empty',
]);
test('no groups draw nothing', () => assert.equal(chart({ ...BASE, groups: [] }), ''));

test('a chart by severity paints each bar by its worst severity', () => {
  const groups = [{ at: at(0), values: [3], count: 1 }];
  assert.match(chart({ ...BASE, groups, field: 'severity', color: true }), /\x1b\[1m\x1b\[31m█+\x1b\[39m\x1b\[22m\n$/);
});

test('a chart counts every message once, and its lines fit the terminal', () => {
  const group = fc.record({
    at: fc.integer({ min: -300, max: 0 }).map(at),
    values: fc.tuple(fc.nat({ max: 9 })),
    count: fc.nat({ max: 99 }),
  });
  fc.assert(
    fc.property(fc.array(group, { minLength: 1 }), (groups) => {
      const text = chart({ ...BASE, groups, field: 'hostname', columns: 90, since: undefined });
      const lines = text
        .trimEnd()
        .split('\n')
        .slice(1)
        .filter((line) => !line.includes('…'));
      const totals = lines.map((line) =>
        Number(
          line
            .replace(/[█-▏]+$/, '')
            .trim()
            .split(/\s+/)
            .at(-1)
            ?.replaceAll(',', ''),
        ),
      );
      assert.equal(
        totals.reduce((a, b) => a + b, 0),
        groups.reduce((sum, { count }) => sum + count, 0),
      );
      for (const line of lines) assert.ok([...line].length <= 90, line);
    }),
  );
});
