import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Stack, type Stacked } from '../../src/page/list/stack.ts';
import fc from '../support/fc.ts';

/** Chunks as the stack sees them: so many lines, and a height if it was measured. */
const chunksOf = (sizes: readonly (readonly [number, number | undefined])[]) =>
  sizes.map(([lines, measured]) => ({ rows: Array.from({ length: lines }), measured, top: -1 }));

suite('where the chunks of a list are', () => {
  test('each begins where the one before ends, and is found at every height between', () => {
    const sizes = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 20 }), fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined })),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(sizes, fc.nat(60_000), (all, y) => {
        const stack = new Stack<Stacked>();
        stack.chunks.push(...chunksOf(all));
        let top = 0;
        for (const chunk of stack.chunks) {
          assert.equal(stack.topOf(chunk), top);
          top += stack.heightOf(chunk);
        }
        assert.equal(stack.height, top);
        const found = stack.chunks[stack.between(y, y).from]!;
        const isInside = found.top <= y && y < found.top + stack.heightOf(found);
        assert.ok(isInside || (found === stack.chunks.at(-1) && y >= top));
      }),
    );
  });

  test('a change is seen once it is announced', () => {
    const stack = new Stack<Stacked>();
    stack.chunks.push(
      ...chunksOf([
        [20, undefined],
        [5, undefined],
      ]),
    );
    assert.equal(stack.height, 25 * 22);
    stack.chunks[0]!.measured = 1000;
    stack.changed();
    assert.equal(stack.topOf(stack.chunks[1]!), 1000);
    assert.deepEqual(stack.between(-500, 5000), { from: 0, to: 1 });
    stack.chunks.length = 0;
    stack.changed();
    assert.equal(stack.height, 0);
  });
});
