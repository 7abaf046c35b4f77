import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from '../support/page.ts';
import { needs } from '../support/require.ts';
import { faultsOf } from './faults.ts';
import { PageWorld } from './world.ts';

/** How many pixels of the canvas have each of these colours, given as CSS. */
const pixels = (page: Page, ...colours: string[]) =>
  page.evaluate(`(() => {
    const rgb = (colour) => {
      const probe = document.createElement('span');
      probe.style.forcedColorAdjust = 'none';
      probe.style.color = colour;
      document.querySelector('.chart').append(probe);
      const dot = document.createElement('canvas').getContext('2d');
      dot.fillStyle = getComputedStyle(probe).color;
      dot.fillRect(0, 0, 1, 1);
      probe.remove();
      return [...dot.getImageData(0, 0, 1, 1).data].join();
    };
    const canvas = document.querySelector('.chart canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const found = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const key = data.subarray(at, at + 4).join();
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    return ${JSON.stringify(colours)}.map((colour) => found.get(rgb(colour)) ?? 0);
  })()`) as Promise<number[]>;
/** How many pixels above all bars are not empty, as of a band of a gap. */
const bandWidth = (page: Page) =>
  page.evaluate(`(() => {
    const canvas = document.querySelector('.chart canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 8, canvas.width, 1);
    return data.reduce((sum, value, at) => sum + (at % 4 === 3 && value > 0 ? 1 : 0), 0);
  })()`);
const parameter = (name: string) => `new URLSearchParams(location.search).get('${name}')`;
const drawn = "document.querySelector('.chart[aria-label*=message] canvas') !== null";

suite('the histogram in a browser', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  before(async () => {
    world = await PageWorld.start();
    await world.send(Array.from({ length: 90 }, (_, at) => `<14>1 - web1 app - - - line ${at}`));
    await world.restart();
    await world.send(Array.from({ length: 30 }, (_, at) => `<11>1 - web1 app - - - error ${at}`));
  });
  after(() => world[Symbol.asyncDispose]());

  for (const forcesColors of [false, true]) {
    for (const isDark of [false, true]) {
      const look = `${isDark ? 'dark' : 'light'}${forcesColors ? ', forced colours' : ''}`;
      test(`${look}: errors, other lines and gaps are drawn in colours of their own`, async () => {
        const page = await world.open('/?from=-2m', { width: 1280, isDark, forcesColors });
        await page.until(drawn);
        const [errors = 0, info = 0] = await pixels(page, 'var(--bar-err)', 'var(--bar-info)');
        assert.ok(errors > 20 && info > 20, `${errors} pixels of errors, ${info} of info`);
        assert.ok(Number(await bandWidth(page)) >= 3, 'the gap is not drawn');
        assert.deepEqual(await faultsOf(page), []);
      });
    }
  }

  test('with forced colours, the current screen, a pressed button and the current line differ from others', async () => {
    const page = await world.open('/?from=-2m', { width: 1280, isDark: true, forcesColors: true });
    await page.until(drawn);
    await page.click('.histogram-notes .quiet');
    await page.click('.line');
    const differ = (one: string, other: string, property: string) =>
      page.evaluate(`((style) => style('${one}') !== style('${other}'))((selector) =>
        getComputedStyle(document.querySelector(selector)).${property})`);
    await page.until("document.querySelector('.line[aria-selected=true]') !== null");
    assert.ok(await differ('nav a[aria-current]', 'nav a:not([aria-current])', 'borderBlockEndColor'));
    assert.ok(await differ('.quiet[aria-pressed=true]', '.quiet[aria-pressed=false]', 'outlineStyle'));
    assert.ok(await differ('.line[aria-selected=true]', '.line[aria-selected=false]', 'outlineStyle'));
  });

  test('it is told in words: how many, how severe, when most', async () => {
    const page = await world.open('/?from=-5m');
    await page.until(drawn);
    const label = await page.evaluate("document.querySelector('.chart').getAttribute('aria-label')");
    assert.match(String(label), /^120 messages, 30 errors or worse, most at [\d: -]+; a bar is \d+ s$/);
  });

  test('arrow keys choose bars, Enter makes them the window', async () => {
    const page = await world.open('/?from=-5m');
    await page.until(drawn);
    await page.evaluate("document.querySelector('.chart').focus()");
    await page.key('ArrowLeft');
    await page.key('ArrowLeft');
    await page.key('Shift+ArrowLeft');
    await page.key('Enter');
    await page.until(`${parameter('to')} !== null`);
    const [from, to] = (await page.evaluate(`[${parameter('from')}, ${parameter('to')}].map(Date.parse)`)) as number[];
    assert.ok(to! - from! >= 2000 && to! - from! <= 20_000, `a window of ${to! - from!} ms`);
  });

  test('a brush shows what is chosen, and a double click widens the window', async () => {
    const page = await world.open('/?from=-5m');
    await page.until(drawn);
    const { x, y } = await page.middleOf('.chart canvas');
    await page.evaluate(`document.querySelector('.chart').addEventListener('pointermove', () => {
      window.brushed = Math.max(window.brushed ?? 0, document.querySelector('.chart-brush').offsetWidth); })`);
    await page.drag({ x: x - 100, y }, { x: x + 100, y });
    assert.equal(await page.evaluate('window.brushed'), 200);
    await page.until(`${parameter('to')} !== null && !document.querySelector('[aria-busy=true]')`);
    const length = `Date.parse(${parameter('to')}) - Date.parse(${parameter('from')})`;
    const before = Number(await page.evaluate(length));
    const part = 300_000 * (200 / (1280 - 14 - 54));
    assert.ok(Math.abs(before - part) < part / 50, `a window of ${before} ms in place of ${Math.round(part)}`);
    await page.evaluate("document.querySelector('.chart').dispatchEvent(new MouseEvent('dblclick'))");
    await page.until(`${length} > ${before}`);
  });
});
