import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Watermark } from '../../src/cluster/watermark.ts';
import { SECOND } from '../../src/base/units.ts';
import { encodeId } from '../../src/model/id.ts';

const START = Date.UTC(2026, 10, 23, 9);

/** Seconds after a tick until the watermark passes it, checked each second. @param nodes how far each has stored by then */
function judgedAfter(nodes: readonly ((second: number) => number)[], from = -60): number {
  let elapsed = 0;
  const watermark = new Watermark(() => elapsed);
  for (let second = from; second < 4000; second++) {
    elapsed = (second - from) * SECOND;
    const visible = nodes.map((stored, node) => encodeId(START + stored(second) * SECOND, node + 1, 1));
    const passed = watermark.passed(START, visible, START + second * SECOND);
    if (passed && second >= 0) return second;
  }
  return Infinity;
}

const live = (second: number): number => second - 1;

for (const [name, nodes, want] of [
  ['all live', [live, live], 1],
  ['one that died an hour ago', [live, () => -3600], 1],
  ['one that never stored anything', [live, () => -START / SECOND], 1],
  ['one that dies now', [live, (second: number) => Math.min(second, -2)], 27],
  ['one whose clock is two hours behind', [live, (second: number) => second - 7200], 30],
  ['one that stores half of what arrives', [live, (second: number) => second / 2 - 60], 30],
] as const) {
  test(`a judgement waits for nodes only as long as it helps: ${name}`, () => {
    const after = judgedAfter(nodes);
    assert.ok(Math.abs(after - want) <= 2, `${after}`);
  });
}

test('after an hour without the store, a judgement waits for a node that catches up, and not for one that does not', () => {
  // The first check is an hour after the tick.
  const caught = judgedAfter([(second) => -100 + (second - 3600) * 5], 3600);
  assert.ok(caught >= 3619 && caught <= 3622, `${caught}`);
  const stuck = judgedAfter([() => -100], 3600);
  assert.ok(stuck >= 3605 && stuck <= 3631, `${stuck}`);
});
