import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBudget } from '../../../src/listen/shared/read-budget.ts';

test('the budget wakes its waiters once the limit is no longer exceeded', () => {
  const budget = new ReadBudget(100);
  let woken = 0;
  const wake = (): void => {
    woken++;
  };
  budget.add(101);
  assert.equal(budget.exceeded, true);
  budget.wait(wake);
  budget.wait(wake);
  budget.add(10);
  budget.release(10);
  assert.equal(woken, 0);
  budget.release(1);
  assert.equal(woken, 1);
  budget.wait(wake);
  budget.cancel(wake);
  budget.release(100);
  assert.equal(woken, 1);
  assert.equal(budget.used, 0);
});
