import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryWait } from '../../src/forward/lane/addresses.ts';
import { SECOND } from '../../src/base/units.ts';
import { Random } from '../bench/random.ts';

const SERVERS = 500;
const random = new Random(20_261_130);

/** When a server is connected again, ms after its receiver went away for so long. */
function returnOf(away: number): number {
  let at = 0;
  for (let rounds = 0; at < away || rounds === 0; rounds++)
    at += retryWait(rounds, undefined, () => random.below(2 ** 32) / 2 ** 32);
  return at;
}

for (const away of [0, 1, 3, 10, 20, 60, 600]) {
  test(`${SERVERS} servers whose receiver was away for ${away} s are back within a minute, at no second more than a tenth of them`, () => {
    const returns = Array.from({ length: SERVERS }, () => returnOf(away * SECOND) - away * SECOND).sort(
      (a, b) => a - b,
    );
    assert.ok(returns.at(-1)! < 60 * SECOND);
    const most = Math.max(...returns.map((from) => returns.filter((at) => at >= from && at < from + SECOND).length));
    assert.ok(most <= SERVERS / 10, `${most} within one second`);
  });
}
