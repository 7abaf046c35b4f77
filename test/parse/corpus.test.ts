import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, corpusCases } from './corpus.ts';
import { parsed, RECEIVED, read } from './support.ts';

for (const { file, cases } of corpusCases()) {
  test(`the lines of corpus/${file} are parsed as expected there`, async (t) => {
    assert.ok(cases.length > 0, 'a file has cases');
    for (const one of cases) {
      await t.test(one.name, () => {
        const receivedAt = one.at === undefined ? RECEIVED : Date.parse(one.at);
        const message = read({ bytes: bytesOf(one), receivedAt, zone: one.zone ?? 'UTC' });
        assert.deepEqual(parsed(message), one.want);
      });
    }
  });
}
