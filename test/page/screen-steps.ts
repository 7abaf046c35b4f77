import type { Page } from '../support/page.ts';

/** What people read in the first element that the selector finds; empty if it finds nothing. */
export async function text(page: Page, selector: string): Promise<string> {
  return String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`));
}

/** Fills the fields of the question on the screen and says yes; then waits until it is gone, unless it is to stay. */
export async function answer(page: Page, values: Readonly<Record<string, string>>, goes = true): Promise<void> {
  await page.until("document.querySelector('dialog.question[open]') !== null");
  for (const [name, value] of Object.entries(values)) {
    await page.evaluate(`document.querySelector('.question [name=${name}]').select()`);
    await page.type(value);
  }
  await page.click('.question .primary');
  if (goes) await page.until("document.querySelector('dialog.question[open]') === null");
}

/** What the last change did, as the page says it. */
export async function theNotice(page: Page): Promise<string> {
  await page.until("document.querySelector('.notice') !== null");
  return await text(page, '.notice-text');
}

/** Presses the button with exactly this name within an element. */
export async function press(page: Page, within: string, name: string): Promise<void> {
  const buttons = `[...document.querySelectorAll(${JSON.stringify(`${within} button, ${within} a`)})]`;
  const found = `${buttons}.find((one) => one.textContent.trim() === ${JSON.stringify(name)})`;
  await page.until(`${found} !== undefined`);
  await page.evaluate(`${found}.click()`);
}
