import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FACILITIES, facilityCode, SEVERITIES, severityCode } from '../../src/model/priority.ts';

test('the codes of names are their indices', () => {
  assert.deepEqual(SEVERITIES.map(severityCode), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(
    FACILITIES.map(facilityCode),
    FACILITIES.map((_, code) => code),
  );
});

test('aliases, numbers and names in any case have codes', () => {
  const severity = (text: string, want: number | undefined): void => assert.equal(severityCode(text), want, text);
  severity('ERROR', 3);
  severity('warn', 4);
  severity('Panic', 0);
  severity('7', 7);
  severity('8', undefined);
  severity('constructor', undefined);
  severity('', undefined);
  const facility = (text: string, want: number | undefined): void => assert.equal(facilityCode(text), want, text);
  facility('security', 4);
  facility('LOCAL7', 23);
  facility('23', 23);
  facility('24', undefined);
  facility('local8', undefined);
});
