import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, SILENT } from '../../src/base/log.ts';
import { ThrottledWarnings } from '../../src/base/throttled-warnings.ts';
import { MINUTE } from '../../src/base/units.ts';

test('a warning is logged once a minute with the number of times it occurred', (context) => {
  let now = 0;
  context.mock.method(performance, 'now', () => now);
  const lines: unknown[] = [];
  const log: Logger = { ...SILENT, warn: (fields: unknown, text?: string) => void lines.push([fields, text]) };
  const warnings = new ThrottledWarnings(log);
  warnings.warn('a', { peer: 'x' });
  warnings.warn('a', { peer: 'y' }, 5);
  warnings.warn('b');
  now = MINUTE - 1;
  warnings.warn('a');
  assert.deepEqual(lines.splice(0), [
    [{ peer: 'x', times: 1 }, 'a'],
    [{ times: 1 }, 'b'],
  ]);
  now = MINUTE;
  warnings.warn('a', { peer: 'z' }, 2);
  assert.deepEqual(lines, [[{ peer: 'z', times: 8 }, 'a']]);
});
