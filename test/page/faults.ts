import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '../support/page.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** What makes a page hard to read: beside the window, smaller than 12 px, or fainter than 4.5. */
const FAULTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const once = (make, known = new Map()) => (key) => known.get(key) ?? (known.set(key, make(key)), known.get(key));
  const rgba = once((color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  });
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const ground = once((element) => {
    const own = rgba(getComputedStyle(element).backgroundColor);
    if (own[3] === 1) return own;
    return over(own, element.parentElement ? ground(element.parentElement) : [255, 255, 255, 1]);
  });
  const light = (color) => color.slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const scrolls = (element) => element && (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push('wider than the window');
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('.unseen, :disabled, noscript') || !element.checkVisibility()) continue;
    const { left, right, width } = element.getBoundingClientRect();
    if (width > 0 && (left < -1 || right > innerWidth + 1) && !scrolls(element.parentElement))
      faults.push(element.tagName + '.' + element.className + ' is beside the window');
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const { fontSize, color } = getComputedStyle(element);
    if (parseFloat(fontSize) < 12) faults.push('small: ' + element.textContent);
    const below = ground(element);
    const [bright, dim] = [light(over(rgba(color), below)), light(below)].sort((a, b) => b - a);
    const contrast = (bright + 0.05) / (dim + 0.05);
    if (contrast < 4.5) faults.push('faint, ' + contrast.toFixed(2) + ': ' + element.className + ' ' + element.textContent.slice(0, 60));
  }
  return [...new Set(faults)].slice(0, 20);
})()`;

/** What is hard to read, or that axe-core finds serious or critical; empty if there is nothing. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  const own = (await page.evaluate(FAULTS)) as string[];
  await page.evaluate(`if (!window.axe) { ${AXE} }; 0`);
  const found = (await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`)) as string[];
  return [...own, ...found];
}
