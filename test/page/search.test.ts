import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { HOSTILE } from '../alert/hostile.ts';
import type { Page } from '../support/page.ts';
import { needs } from '../support/require.ts';
import { faultsOf } from './faults.ts';
import { PageWorld } from './world.ts';

const VIEWS = [360, 1280].flatMap((width) => [false, true].map((isDark) => ({ width, height: 800, isDark })));
const ESCAPED = (text: string) => text.replaceAll(/[\r\n]/g, ' ');

const query = (page: Page) => page.evaluate("document.getElementById('query').value");
const lineTexts = (page: Page) =>
  page.evaluate("[...document.querySelectorAll('.line .cell-message')].map((cell) => cell.textContent)");
const settled = (page: Page, condition: string) =>
  page.until(`(${condition}) && !document.querySelector('[aria-busy=true]')`);

suite('the search screen in a browser', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  before(async () => {
    world = await PageWorld.start();
    await world.send([
      '<14>1 - web1 nginx 812 - - first line',
      '<11>1 - web1 nginx 812 - - upstream timed out',
      '<12>1 - db1 postgres 5432 - - checkpoint took long',
      '<15>1 - db1 postgres 5432 - [origin@1 ip="10.0.0.1"] a debug line',
    ]);
    await world.send(Object.values(HOSTILE).map((text) => `<13>1 - evil app - - - ${ESCAPED(text)}`));
  });
  after(() => world[Symbol.asyncDispose]());

  test('a link logs in once, and its secret leaves the address', async () => {
    const link = world.link();
    const page = await world.openStranger('/login');
    await page.goto(link);
    await page.until("document.querySelector('.top-end .text') !== null");
    assert.equal(await page.evaluate('location.hash'), '');
    const second = await world.openStranger('/login');
    await second.goto(link);
    await second.until("document.querySelector('.login .fault') !== null");
  });

  test('without a login, the login is shown in place of the search', async () => {
    const page = await world.openStranger('/?q=nginx');
    await page.until("document.querySelector('.login input') !== null");
    assert.deepEqual(await lineTexts(page), []);
  });

  test('a typed query is searched, and stands in the address', async () => {
    const page = await world.open('/?from=all');
    await page.key('/');
    await page.type('hostname:web1');
    await page.key('Control+Enter');
    await settled(page, "document.querySelectorAll('.line').length === 2");
    assert.deepEqual(await lineTexts(page), ['first line', 'upstream timed out']);
    assert.match(String(await page.evaluate('location.search')), /q=hostname%3Aweb1/);
  });

  test('a query that cannot be read has a caret below the character', async () => {
    const page = await world.open('/?from=all&q=a+(b');
    await page.until("document.querySelector('.query-fault pre') !== null");
    assert.match(
      String(await page.evaluate("document.querySelector('.query-fault pre').textContent")),
      /a \(b\n {2}\^/,
    );
  });

  test('a query that is too long for an address is answered, too', async () => {
    const page = await world.open('/?from=all');
    const long = `(${Array.from({ length: 900 }, (_, at) => `word${at}`).join(' OR ')}) OR hostname:db1`;
    await page.key('/');
    await page.type(long);
    await page.key('Enter');
    await settled(page, "document.querySelectorAll('.line').length === 2");
  });

  test('level chips have counts, and rewrite the query', async () => {
    const page = await world.open('/?from=all');
    await page.until("/err 1/.test(document.querySelector('.chips').textContent)");
    await page.click('.chip.level-err');
    await settled(page, "document.getElementById('query').value === 'severity:err'");
    await page.until("document.querySelectorAll('.line').length === 1");
    assert.deepEqual(await lineTexts(page), ['upstream timed out']);
  });

  test('a value of the details is filtered out', async () => {
    const page = await world.open('/?from=all&q=hostname:(web1+OR+db1)');
    await page.click('.line:first-child');
    await page.until("document.querySelector('.fields') !== null");
    await page.click('[aria-label="Filter out hostname"]');
    await settled(page, "document.querySelectorAll('.line').length === 2");
    assert.equal(await query(page), 'hostname:(web1 OR db1) -hostname:web1');
  });

  test('dragging over the histogram chooses a window, and Back returns', async () => {
    const page = await world.open('/?from=-1h');
    await page.until("document.querySelector('.chart canvas') !== null");
    const middle = await page.middleOf('.chart canvas');
    await page.drag({ x: middle.x - 200, y: middle.y }, { x: middle.x + 200, y: middle.y });
    await settled(page, "new URLSearchParams(location.search).get('to') !== null");
    await page.evaluate('history.back()');
    await settled(page, "new URLSearchParams(location.search).get('to') === null");
  });

  test('lines, details and help are reached by keys alone', async () => {
    const page = await world.open('/?from=all&q=hostname:db1');
    await page.key('j');
    await page.until("document.querySelector('.details .body-text')?.textContent.includes('checkpoint')");
    await page.key('j');
    await page.until("document.querySelector('.details .body-text')?.textContent.includes('debug')");
    await page.key('Escape');
    await page.until("document.querySelector('.details') === null");
    await page.key('?');
    await page.until("document.querySelector('dialog[open]') !== null");
    await page.key('Escape');
    await page.until("document.querySelector('dialog[open]') === null");
    await page.key('4');
    await settled(page, "document.getElementById('query').value.startsWith('severity:<=err')");
  });

  test('hostile texts are shown and never act', async () => {
    const page = await world.open('/?from=all&q=hostname:evil');
    const elements = "document.querySelectorAll('script, img, iframe, a, style, link, svg').length";
    const before = await page.evaluate(elements);
    await page.until(`document.querySelectorAll('.line').length >= ${Object.keys(HOSTILE).length}`);
    for (let count = 0; count < Object.keys(HOSTILE).length; count++) await page.key('k');
    assert.equal(await page.evaluate('window.ran'), undefined);
    assert.equal(
      await page.evaluate("document.querySelectorAll('.lines :is(script, img, iframe, a, style, link, svg)').length"),
      0,
    );
    assert.deepEqual(page.violations, []);
    assert.deepEqual(
      page.requests.filter((url) => !url.startsWith(world.url)),
      [],
    );
    assert.ok(Number(await page.evaluate(elements)) <= Number(before) + 1, 'only the link to the raw bytes is added');
    const heights = await page.evaluate(
      "[...new Set([...document.querySelectorAll('.line')].map((line) => line.offsetHeight))]",
    );
    assert.deepEqual(heights, [22]);
  });

  for (const view of VIEWS) {
    test(`at ${view.width} px, ${view.isDark ? 'dark' : 'light'}, everything is readable and accessible`, async () => {
      const page = await world.open('/?from=all&q=hostname:(web1+OR+db1)', view);
      await page.until("document.querySelector('.chart canvas') !== null");
      assert.deepEqual(await faultsOf(page), [], 'the list');
      await page.click('.line');
      await page.until("document.querySelector('.fields') !== null");
      assert.deepEqual(await faultsOf(page), [], 'the details');
      await page.key('?');
      assert.deepEqual(await faultsOf(page), [], 'the help');
      assert.deepEqual(page.violations, []);
    });
  }
});
