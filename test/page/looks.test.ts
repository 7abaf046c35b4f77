import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/require.ts';
import { HOSTILE } from '../alert/hostile.ts';
import { faultsOf } from './faults.ts';
import { press } from './screen-steps.ts';
import { CONFIG, PageWorld } from './world.ts';

const VIEWS = [360, 1280, 1920].flatMap((width) => [false, true].map((isDark) => ({ width, height: 800, isDark })));
const SCREENS = ['/hosts', '/alerts', '/streams', '/account?from=all', '/saved', `/m/${'0'.repeat(32)}`];
const NAME = `<img/src=x/onerror="window.ran=1">${'y'.repeat(100)}`;
const ONE_LINE = (text: string) =>
  text
    .replaceAll(/[\r\n]/g, ' ')
    .slice(0, 90)
    .toWellFormed();

suite('the looks of the screens with nothing to show', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  before(async () => {
    world = await PageWorld.start();
  });
  after(() => world[Symbol.asyncDispose]());

  for (const view of VIEWS.slice(0, 4)) {
    test(`at ${view.width} px, ${view.isDark ? 'dark' : 'light'}, all is readable and accessible`, async () => {
      const page = await world.openScreen(SCREENS[0]!, { view });
      for (const path of SCREENS) {
        await page.goto(world.url + path);
        await page.until("document.querySelector('.sheet h1') && !document.querySelector('[aria-busy=true]')");
        assert.deepEqual(await faultsOf(page), [], path);
      }
      assert.deepEqual(page.violations, []);
    });
  }
});

suite('the looks of the screens with much to show', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  let id = '';
  before(async () => {
    const rules = Array.from(
      { length: 60 },
      (_, number) =>
        `  - {name: rule-${number}-${'z'.repeat(36)}, kind: count, query: 'hostname:web*', window: 5m, above: ${number}, by: [hostname], to: []}`,
    );
    const streams = Array.from(
      { length: 20 },
      (_, number) => `  - {name: stream-${number}, match: 'procid:${number}'}`,
    );
    world = await PageWorld.start({
      config: [`${CONFIG}alerts:`, ...rules, 'streams:', ...streams, '  - {name: default}'].join('\n'),
    });
    await world.send([
      ...Array.from({ length: 400 }, (_, number) => `<14>1 - web${number} app ${number % 20} - - line ${number}`),
      `<14>1 - ${NAME} app - - - hostile name`,
      ...Object.values(HOSTILE).map((text) => `<13>1 - evil app - - - ${ONE_LINE(text)}`),
    ]);
    const page = await world.open('/?from=all&q=hostname:evil');
    await page.click('.line');
    id = String(await page.until("new URLSearchParams(location.search).get('sel')"));
    for (const [number, text] of Object.values(HOSTILE).entries()) {
      await page.evaluate(`fetch('/api/v1/searches/' + encodeURIComponent(${JSON.stringify(`${number} ${ONE_LINE(text)}`)}), {
        method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: ${JSON.stringify(text)} }) })`);
      await page.evaluate(`fetch('/api/v1/holds', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: ${JSON.stringify(`hold ${number}`)}, why: ${JSON.stringify(text.slice(0, 900))}, since: '-1h' }) })`);
      await page.evaluate(`fetch('/api/v1/hosts/' + encodeURIComponent(${JSON.stringify(ONE_LINE(text))}) + '/expected', {
        method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' })`);
    }
  });
  after(() => world[Symbol.asyncDispose]());

  for (const view of VIEWS) {
    test(`at ${view.width} px, ${view.isDark ? 'dark' : 'light'}, all is readable, and nothing hostile acts`, async () => {
      const page = await world.openScreen(SCREENS[0]!, { view });
      await page.until("document.querySelector('.host') !== null", 200_000);
      for (const path of [...SCREENS.slice(0, 5), `/m/${id}`]) {
        await page.goto(world.url + path);
        await page.until("document.querySelector('.sheet h1') && !document.querySelector('[aria-busy=true]')");
        assert.deepEqual(await faultsOf(page), [], path);
        const acting = "document.querySelectorAll('.sheet :is(script, img, iframe, style, link, object)').length";
        assert.equal(await page.evaluate(acting), 0, path);
        const bare =
          'document.querySelector(".sheet").innerText.match(/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]/)';
        assert.equal(await page.evaluate(bare), null, path);
      }
      await page.goto(`${world.url}/streams`);
      await press(page, '.part-head', 'hold a window');
      assert.deepEqual(await faultsOf(page), [], 'the question');
      assert.equal(await page.evaluate('window.ran'), undefined);
      assert.deepEqual(page.violations, []);
      assert.deepEqual(
        page.requests.filter((url) => !url.startsWith(world.url)),
        [],
      );
    });
  }
});
