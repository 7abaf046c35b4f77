import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Notice } from '../../../src/alert/notices/notice.ts';
import { htmlBody } from '../../../src/alert/wording/html.ts';
import { wordingOf } from '../../../src/alert/wording/wording.ts';
import { Chromium, type Page } from '../../support/chromium.ts';
import { needs } from '../../support/require.ts';
import { HOSTILE } from '../hostile.ts';
import { lastOf, STORIES } from '../kinds.ts';
import { Lab, MINUTE } from '../lab.ts';

/** The folder for pictures; without it none are taken. */
const PICTURES = process.env['CORDWOOD_PICTURES'];
/** The address of the web page that mails link to. */
const URL = 'https://logs.example.org/';
const VIEWS = [360, 1200].flatMap((width) => [false, true].map((isDark) => ({ width, isDark })));

/** What makes a page hard to read: outside the window, too small, too faint. */
const FAULTS = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => channels(color).slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 && element.parentElement ? ground(element.parentElement) : color;
  };
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push('wider than the window');
  for (const element of document.body.querySelectorAll('*')) {
    const { left, right } = element.getBoundingClientRect();
    if (left < 0 || right > innerWidth) faults.push(element.tagName + ' is beside the window');
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const { fontSize, color } = getComputedStyle(element);
    if (parseFloat(fontSize) < 13) faults.push('small: ' + element.textContent);
    const [bright, dim] = [light(color), light(ground(element))].sort((a, b) => b - a);
    if ((bright + 0.05) / (dim + 0.05) < 4.5) faults.push('faint, ' + color + ' on ' + ground(element) + ': ' + element.textContent);
  }
  return faults;
})()`;

async function check(page: Page, name: string, links = 0): Promise<void> {
  for (const view of VIEWS) {
    await page.view(view);
    const what = `${name}-${view.width}${view.isDark ? '-dark' : ''}`;
    assert.deepEqual(await page.evaluate(FAULTS), [], what);
    if (PICTURES) await page.picture(join(PICTURES, `${what}.png`));
  }
  assert.deepEqual(page.requests, [], 'nothing is loaded');
  assert.equal(await page.evaluate('document.scripts.length + document.images.length'), 0);
  assert.equal(await page.evaluate('document.links.length'), links);
  assert.equal(await page.evaluate('window.ran'), undefined);
}

const page = (notice: Notice, url?: string): string =>
  htmlBody(notice, wordingOf(notice, url), { server: 'logs1.example.org', version: '1.2.3' });

suite('mails in a browser, on a phone and in a wide window, light and dark:', { skip: needs('chromium') }, () => {
  let chromium: Chromium;
  before(async () => {
    if (PICTURES) mkdirSync(PICTURES, { recursive: true });
    chromium = await Chromium.start();
  });
  after(() => chromium[Symbol.asyncDispose]());

  for (const { name } of STORIES) {
    test(`${name} is readable`, async () => {
      const notice = await lastOf(name);
      const shown = await chromium.show(page(notice, URL));
      await check(shown, name, name === 'digest' ? 2 : 1);
      const text = String(await shown.evaluate('document.body.innerText'));
      const { headline, commands } = wordingOf(notice);
      for (const part of [headline, ...commands.map(({ command }) => command)]) assert.ok(text.includes(part), part);
    });
  }

  test('text from a log is never markup', async () => {
    const texts = Object.values(HOSTILE);
    const rule = { kind: 'count', query: '*', window: '10m', above: 1, by: ['hostname', 'appname'] };
    for (let from = 0; from < texts.length; from += 4) {
      const lab = new Lab([{ ...rule, runbook: texts[from]!.replaceAll(/[\r\n]/g, ' ').slice(0, 500) }]);
      await lab.passTo(1);
      const some = texts.slice(from, from + 4);
      await lab.arrive(
        some.flatMap((text) => [{ text, host: text.slice(0, 255), app: text.slice(0, 48) }, { text }]),
        { at: lab.now - MINUTE / 2 },
      );
      await lab.passTo(5);
      const { notice } = lab.sent[0]!;
      const shown = await chromium.show(page(notice));
      await check(shown, `hostile-${from}`);
      assert.equal(
        await shown.evaluate(`document.body.querySelectorAll('[onerror],a,form,iframe,svg,object').length`),
        0,
      );
    }
  });
});
