import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/require.ts';
import { Smtp } from '../support/smtp.ts';
import { until } from '../support/until.ts';
import { PageWorld } from './world.ts';

/** A tick comes each minute. */
const TICK_MS = 120_000;

suite('from the mail to the place', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  let smtp: Smtp;
  before(async () => {
    smtp = await Smtp.start();
    const port = await freePort();
    world = await PageWorld.start({
      config: `listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]
web: {address: '127.0.0.1:${port}', url: 'http://127.0.0.1:${port}/'}
mail: {from: logs@example.org, smtp: 'smtp://127.0.0.1:${smtp.port}', tls: 'off'}
alerts:
  - {name: timeouts, kind: match, query: 'appname:nginx "timed out"', schedule: '* * * * *', window: 5m, to: [ops@example.org]}
`,
    });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await smtp[Symbol.asyncDispose]();
  });

  test('the link in a mail opens the messages of the rule, with the first match in the details', async () => {
    await world.send([
      '<14>1 - web1 nginx 812 - - all is well',
      '<11>1 - web1 nginx 812 - - upstream timed out first',
      '<11>1 - web2 nginx 811 - - upstream timed out second',
      '<11>1 - db1 postgres 5432 - - lock timed out',
    ]);
    await until('the mail', () => smtp.mails.length > 0, TICK_MS);
    const { text = '' } = smtp.mails[0]!.mail;
    const address = /^ {2}See all matching messages: (http\S+)$/m.exec(text)?.[1] ?? '';
    assert.ok(address.startsWith(`${world.url}/?`), text);
    const page = await world.open(address.slice(world.url.length));
    await page.until(
      "document.querySelectorAll('#lines .line').length === 2 && document.querySelector('.details .body')",
    );
    const shown = await page.evaluate(
      "[...document.querySelectorAll('#lines .cell-message')].map((cell) => cell.textContent)",
    );
    assert.deepEqual(shown, ['upstream timed out first', 'upstream timed out second']);
    assert.match(
      String(await page.evaluate("document.querySelector('.details').textContent")),
      /upstream timed out first/,
    );
    assert.equal(await page.evaluate("document.getElementById('query').value"), 'appname:nginx "timed out"');
    assert.deepEqual(page.console, []);
  });
});
