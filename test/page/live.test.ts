import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/require.ts';
import { PageWorld } from './world.ts';

const linesOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => `<14>1 - web1 app - - - line ${from + at}`);
const isLive = "/live(?!: connecting)/.test(document.querySelector('.footer').textContent)";
const fromEnd =
  "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector('.lines'))";
const numbers =
  "[...document.querySelectorAll('.line .cell-message')].map((cell) => Number(cell.textContent.split(' ')[1]))";

suite('live lines in a browser', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  before(async () => {
    world = await PageWorld.start();
    await world.send(linesOf(0, 50));
  });
  after(() => world[Symbol.asyncDispose]());

  test('lines come as they arrive, each once; a reader who scrolls up is not moved', async () => {
    const page = await world.open('/?from=-1h&live=1');
    await page.until(isLive);
    await world.send(linesOf(50, 50));
    await page.until("document.querySelectorAll('.line').length === 100");
    assert.ok(Number(await page.evaluate(fromEnd)) <= 24, 'the newest line is in view');

    await page.evaluate("document.querySelector('.lines').scrollTop = 100");
    await page.until(`${fromEnd} > 100`);
    await world.send(linesOf(100, 7));
    await page.until("document.querySelector('.unseen-pill')?.textContent.includes('7 new lines')");
    assert.equal(await page.evaluate("document.querySelector('.lines').scrollTop"), 100);

    await page.click('.unseen-pill');
    await page.until("document.querySelector('.unseen-pill') === null");
    assert.ok(Number(await page.evaluate(fromEnd)) <= 24);
    assert.deepEqual(
      await page.evaluate(numbers),
      Array.from({ length: 107 }, (_, at) => at),
    );
    await page.key('f');
    await page.until("!new URLSearchParams(location.search).has('live')");
    assert.deepEqual(page.violations, []);
  });
});
