import type { StructuredElement } from '../../src/model/message.ts';
import { formatStructuredData } from '../../src/model/structured-data.ts';
import { type Trail, TRAIL_ID } from '../../src/relay/contract.ts';
import { formatTrail } from '../../src/relay/index.ts';
import fc from './fc.ts';

const VALUES = fc.oneof(
  fc.constantFrom(
    '',
    'x',
    '-1',
    '1e9',
    '99999999999999999999',
    '[',
    '{"a":',
    'no_pri,no_pri',
    'AAAA=',
    '\u0000',
    '9'.repeat(4000),
  ),
  fc.constantFrom(`[${'['.repeat(2000)}`, JSON.stringify([['a', { b: 1 }]]), '[["__proto__",1]]', `${'f'.repeat(32)}`),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const NAMES =
  'id at from ip port via in cn flags was zone len host app proc msgid fields raw relay by hops again'.split(' ');
const PARAMS = [...NAMES, 'beat', 'sent', 'visible', 'x'];

type Change = readonly [name: string, value: string];

/** Parameters of a trail, with values that a forwarding server never writes. */
export const hostileChanges: fc.Arbitrary<readonly Change[]> = fc.array(fc.tuple(fc.constantFrom(...PARAMS), VALUES), {
  minLength: 1,
  maxLength: 4,
});

/** Elements with such parameters: in addition to those of a trail, in place of them, and alone. */
export function hostileElements(trail: Trail, changes: readonly Change[]): [string, string, string] {
  const end = formatTrail(trail).slice(1, -1);
  const element: StructuredElement = { id: TRAIL_ID, params: changes.map(([name, value]) => ({ name, value })) };
  const alone = formatStructuredData([element]);
  const changed = changes.reduce((all, [name, value]) => {
    const escaped = value.replace(/["\\\]]/g, '\\$&');
    return all.replace(new RegExp(` ${name}="[^"]*"`), () => ` ${name}="${escaped}"`);
  }, end);
  return [`[${end}${alone.slice(TRAIL_ID.length + 1, -1)}]`, `[${changed}]`, alone];
}
