import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/require.ts';
import { PageWorld } from './world.ts';

const COUNT = 1700;
const loaded = "Number(document.querySelector('.footer').textContent.replaceAll(',', '').match(/^\\d+/))";
/** The numbers of all lines in order, read screen by screen from the top to the bottom. */
const numbers = `new Promise((done) => {
  const list = document.querySelector('.lines');
  const found = [];
  list.scrollTop = 0;
  const read = () => requestAnimationFrame(() => requestAnimationFrame(() => {
    const { top, bottom } = list.getBoundingClientRect();
    for (const line of list.querySelectorAll('.line')) {
      const box = line.getBoundingClientRect();
      const number = Number(line.querySelector('.cell-message').textContent.split(' ')[1]);
      if (box.bottom > top && box.top < bottom && !found.slice(-200).includes(number)) found.push(number);
    }
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) done(found);
    else { list.scrollTop += list.clientHeight - 60; read(); }
  }));
  read();
})`;
const toTop = "document.querySelector('.lines').scrollTop = 0";

suite('the list of lines in a browser', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  before(async () => {
    world = await PageWorld.start();
    await world.send(Array.from({ length: COUNT }, (_, at) => `<14>1 - web1 app ${at} - - line ${at} of many`));
  });
  after(() => world[Symbol.asyncDispose]());

  test('scrolling up loads older lines, each once and in order', async () => {
    const page = await world.open('/?from=all');
    await page.until(`${toTop}; ${loaded} === ${COUNT}`);
    assert.deepEqual(
      await page.evaluate(numbers),
      Array.from({ length: COUNT }, (_, at) => at),
    );
  });

  test('lines that are loaded above leave what is in view in its place', async () => {
    const page = await world.open('/?from=all');
    const shift = await page.evaluate(`new Promise((done) => {
      const list = document.querySelector('.lines');
      list.scrollTop = 300;
      const top = (line) => line.getBoundingClientRect().top;
      requestAnimationFrame(() => {
        const line = [...list.querySelectorAll('.line')].find((each) => top(each) >= top(list));
        const before = top(line);
        const count = ${loaded};
        const wait = () => ${loaded} > count ? setTimeout(() => done(top(line) - before), 200) : setTimeout(wait, 20);
        wait();
      });
    })`);
    assert.ok(Math.abs(Number(shift)) <= 1, `moved by ${shift} px`);
  });

  test('lines that wrap stay in their place while lines above them are built, and when they no longer wrap', async () => {
    const page = await world.open('/?from=all&wrap=1', { width: 360, height: 700, isDark: false });
    await page.until("document.querySelector('.lines-wrap') !== null");
    await page.until(`${toTop}; ${loaded} === ${COUNT}`);
    const moved = await page.evaluate(`new Promise((done) => {
      const list = document.querySelector('.lines');
      const shifts = [];
      const step = (rest) => {
        const line = [...list.querySelectorAll('.line')].find((each) => each.getBoundingClientRect().bottom > list.getBoundingClientRect().top);
        const before = line.getBoundingClientRect().top;
        list.scrollTop -= 250;
        requestAnimationFrame(() => requestAnimationFrame(() => {
          shifts.push(line.getBoundingClientRect().top - before - 250);
          if (rest > 0) step(rest - 1);
          else done(Math.max(...shifts.map(Math.abs)));
        }));
      };
      list.scrollTop = 20000;
      requestAnimationFrame(() => requestAnimationFrame(() => step(20)));
    })`);
    assert.ok(Number(moved) <= 2, `moved by ${moved} px`);
  });

  test('newest first, older lines follow below', async () => {
    const page = await world.open('/?from=all&order=newest');
    await page.until(`document.querySelector('.lines').scrollTop = 1e9; ${loaded} === ${COUNT}`);
    assert.deepEqual(
      await page.evaluate(numbers),
      Array.from({ length: COUNT }, (_, at) => COUNT - 1 - at),
    );
  });

  test('the parts of a line stand below their heads in a wide window, and in two rows in a narrow one', async () => {
    const page = await world.open('/?from=all', { width: 1280, height: 700, isDark: false });
    await page.until("document.querySelector('.line') !== null");
    const lefts = (selector: string) =>
      page.evaluate(
        `[...document.querySelectorAll('${selector}')].map((each) => Math.round(each.getBoundingClientRect().left))`,
      );
    const heads = (await lefts('.head')) as number[];
    assert.equal(new Set(heads).size, 5);
    for (const at of [1, 2, 3]) assert.deepEqual(await lefts(`.chunk:last-child .line:nth-child(${at}) .cell`), heads);
    const outside = `[...document.querySelectorAll('.line')].flatMap((line) => {
      const { top, bottom } = line.getBoundingClientRect();
      return [...line.children].filter((each) => each.getBoundingClientRect().top < top || each.getBoundingClientRect().bottom > bottom);
    }).length`;
    assert.equal(await page.evaluate(outside), 0);
    const clipped = await page.evaluate("document.querySelectorAll('.cell-clip').length");
    assert.equal(clipped, 0, 'texts that fit are not drawn apart');
    const flat = "[...document.querySelectorAll('.line')].every((line) => getComputedStyle(line).display === 'block')";
    assert.equal(await page.evaluate(flat), true, 'a line whose texts fit is one text');
    await page.view({ width: 360, height: 700, isDark: false });
    await page.until("document.querySelector('.line').offsetHeight > 40");
    assert.equal(await page.evaluate(outside), 0);
    const rows = "new Set([...document.querySelector('.line').children].map((each) => each.offsetTop)).size";
    assert.equal(await page.evaluate(rows), 2);
  });

  test('letters of any width leave the columns where they are, and names end at the edge of a phone', async () => {
    const name = `${'a-long-name-of-'.repeat(4)}host`;
    await world.send([
      `<14>1 - web1 app 1 - - \ufeffä text with wide letters: 日本語`,
      `<14>1 - ${name} ${'programm'.repeat(5)} 1 - - both names are long`,
    ]);
    const page = await world.open('/?from=all&q=wide OR both', { width: 1280, height: 700, isDark: false });
    await page.until("document.querySelectorAll('.line[id]').length === 2");
    const lefts = (selector: string) =>
      page.evaluate(
        `[...document.querySelectorAll('${selector}')].map((each) => Math.round(each.getBoundingClientRect().left))`,
      );
    for (const at of [1, 2]) assert.deepEqual(await lefts(`.line:nth-child(${at}) .cell`), await lefts('.head'));
    await page.view({ width: 360, height: 700, isDark: false });
    await page.until("document.querySelector('.line').offsetHeight > 40");
    const beside = `[...document.querySelectorAll('.cell-host, .cell-app')].filter((cell) =>
      cell.getBoundingClientRect().right > innerWidth || getComputedStyle(cell).overflowX !== 'clip').length`;
    assert.equal(await page.evaluate(beside), 0);
  });

  test('several lines are copied as the command line prints them', async () => {
    const page = await world.open('/?from=all&tz=UTC');
    const text = await page.evaluate(`(() => {
      const lines = document.querySelectorAll('.line');
      getSelection().setBaseAndExtent(lines[3].querySelector('.cell-host'), 0, lines[5].querySelector('.cell-message'), 0);
      const clipboardData = new DataTransfer();
      document.querySelector('.lines').dispatchEvent(new ClipboardEvent('copy', { clipboardData, cancelable: true }));
      return clipboardData.getData('text/plain');
    })()`);
    const lines = String(text).trimEnd().split('\n');
    assert.equal(lines.length, 3);
    for (const line of lines)
      assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]{12}\+00:00 web1 app\[\d+\]: line \d+ of many$/);
  });

  test('a column is added from the details and stands in the address', async () => {
    const page = await world.open('/?from=all');
    await page.key('k');
    await page.until("document.querySelector('.fields') !== null");
    await page.click('[aria-label="Column source.ip"]');
    await page.until("document.querySelector('.line .cell-other')?.textContent === '127.0.0.1'");
    assert.match(String(await page.evaluate('location.search')), /cols=.*source\.ip/);
  });

  test('lines that wrap stand one below the other, however wide their names make the columns', async () => {
    const text = 'a text that takes several rows '.repeat(8);
    await world.send(
      Array.from({ length: 60 }, (_, at) => `<14>1 - a-host-with-a-long-name program-${at} - - - ${text}`),
    );
    const page = await world.open('/?from=all&wrap=1', { width: 1280, height: 700, isDark: false });
    await page.until("document.querySelectorAll('.lines-wrap .chunk').length >= 2");
    const overlaps = `[...document.querySelectorAll('.chunk')].filter((chunk) => {
      const next = chunk.nextElementSibling;
      return next && chunk.offsetTop + chunk.offsetHeight > next.offsetTop + 1;
    }).length`;
    await page.until(`${overlaps} === 0`);
    const cut =
      "[...document.querySelectorAll('.line')].filter((line) => line.scrollHeight > line.clientHeight + 1).length";
    assert.equal(await page.evaluate(cut), 0);
  });

  test('the page keeps its look and zone where they belong: theme in the browser, zone in the address', async () => {
    const page = await world.open('/?from=all');
    await page.key('t');
    assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'light');
    await page.key('t');
    await page.key('w');
    await page.until("document.querySelector('.lines-wrap') !== null");
    await page.goto(String(await page.evaluate('location.href')));
    await page.until("document.querySelector('.lines-wrap') !== null");
    assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
  });
});
