import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/require.ts';
import { PageWorld } from './world.ts';

suite('what is missing, in a browser', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  before(async () => {
    world = await PageWorld.start();
    await world.send(['<14>1 - web1 app - - - before']);
    await world.restart();
    await world.send(['<14>1 - web1 app - - - after']);
  });
  after(() => world[Symbol.asyncDispose]());

  test('a time without a server stands between the lines, and beside the histogram', async () => {
    const page = await world.open('/?from=-1h');
    await page.until("document.querySelector('.gap-note') !== null");
    assert.deepEqual(
      await page.evaluate(
        "[...document.querySelectorAll('.line')].map((line) => line.querySelector('.cell-message')?.textContent ?? line.textContent.replace(/^.*: /, ''))",
      ),
      ['before', 'no server was running', 'after'],
    );
    assert.match(
      String(await page.evaluate("document.querySelector('.gap-note').textContent")),
      /no server was running/,
    );
  });

  test('the footer balances what was received', async () => {
    const page = await world.open('/?from=-1h');
    await page.until("document.querySelector('.footer').textContent.match(/2 of 2 lines shown.*received =/)");
    const footer = String(await page.evaluate("document.querySelector('.footer').textContent"));
    assert.match(footer, /^2 of 2 lines shown/, 'a gap is no line');
    // What is stored is "waiting" until the account is written with the place up to which it is safe.
    const parts = /2 received = (\d+) stored(?: \+ (\d+) waiting)?/.exec(footer);
    assert.equal(Number(parts?.[1]) + Number(parts?.[2] ?? 0), 2, footer);
  });

  test('a message that is not stored is told so in place of its details', async () => {
    const page = await world.open(`/?from=-1h&sel=${'0'.repeat(32)}`);
    await page.until("document.querySelector('.details .fault') !== null");
    assert.match(
      String(await page.evaluate("document.querySelector('.details').textContent")),
      /cannot find the message/,
    );
  });
});
