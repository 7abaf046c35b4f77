import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from '../support/page.ts';
import { needs } from '../support/require.ts';
import { until } from '../support/until.ts';
import { answer, press, text, theNotice } from './screen-steps.ts';
import { CONFIG, PageWorld } from './world.ts';

const SETTINGS = `${CONFIG}streams:
  - {name: audit, match: 'facility:auth', keep: 365d, importance: high}
  - {name: default, keep: 30d}
pipeline:
  - {kind: drop, name: sessions, match: 'message:"Started Session"'}
`;
const EVIL = '<img src=x onerror="window.ran=1">';
const rows = (page: Page) =>
  page.evaluate(
    "[...document.querySelectorAll('.stream-table tbody tr')].map((row) => row.querySelector('th').firstElementChild.textContent)",
  );

suite('the screens of what is stored', { skip: needs('chromium') }, () => {
  let world: PageWorld;
  const holds = async () =>
    (await world.server.ask('holds', {}))
      .split('\n')
      .filter((line) => line.includes('"name"'))
      .map((line) => JSON.parse(line) as { name: string; why: string; query: string });
  before(async () => {
    world = await PageWorld.start({
      config: SETTINGS,
      users: {
        ada: { role: 'admin' },
        olga: { role: 'operate' },
        rita: { role: 'read' },
        eve: { role: 'read', only: 'hostname:web1' },
      },
    });
    await world.send([
      '<38>1 - bastion sshd 7 - - Failed password for root',
      '<14>1 - web1 nginx 8 - - first line',
      '<14>1 - web1 nginx 8 - - second line',
      '<11>1 - web1 nginx 8 - - upstream timed out',
      `<14>1 - web1 nginx 8 - - ${EVIL}`,
    ]);
    await world.server.send(['<30>1 - db1 systemd 1 - - Started Session 4 of user root']);
  });
  after(() => world[Symbol.asyncDispose]());

  test('streams are listed with their forecast and what expires next', async () => {
    const page = await world.openScreen('/streams');
    assert.deepEqual(await rows(page), ['audit', 'default']);
    assert.match(await text(page, '.forecast'), /known one hour after|there is room|is reached on|is full on/);
    assert.match(await text(page, '.stream-table'), /in 365 d|in 366 d/);
  });

  test('a window is held from the search, and released and held again', async () => {
    const page = await world.open('/?from=-1h&q=hostname:web1');
    await page.click('.tools a[href^="/streams"]');
    await page.until("document.querySelector('dialog.question[open]') !== null");
    assert.equal(await page.evaluate("document.querySelector('[name=query]').value"), 'hostname:web1');
    await answer(page, { why: EVIL, name: 'tuesday' });
    assert.match(await theNotice(page), /tuesday holds 4 messages/);
    assert.deepEqual(
      (await holds()).map(({ name, why, query }) => ({ name, why, query })),
      [{ name: 'tuesday', why: EVIL, query: 'hostname:web1' }],
    );
    await page.click('.hold button');
    await answer(page, {});
    assert.match(await theNotice(page), /tuesday is released/);
    assert.deepEqual(await holds(), []);
    await page.click('.notice button');
    await until('the hold to be back', async () => (await holds()).length === 1);
    assert.equal(await page.evaluate('window.ran'), undefined);
    assert.deepEqual(page.violations, []);
  });

  test('a hold without a reason is not sent, and a fault of the server stays beside the fields', async () => {
    const page = await world.openScreen('/streams');
    await page.click('.part-head button');
    await page.until("document.querySelector('dialog.question[open]') !== null");
    await page.click('.question .primary');
    assert.equal(await page.evaluate("document.querySelector('[name=why]').matches(':invalid')"), true);
    await answer(page, { why: 'x', since: 'the day before never' }, false);
    await page.until("document.querySelector('.question .fault') !== null");
    await page.key('Escape');
    await page.until("document.querySelector('dialog.question[open]') === null");
  });

  test('the account balances, names the stage that dropped, and lists hosts', async () => {
    const page = await world.openScreen('/account?from=all');
    // What waits in the spool at first is stored by the time the screen asks again.
    const balance = '6 received = 5 stored + 1 dropped by a stage';
    await page.until(`document.querySelector('.verdict-balance')?.textContent === '${balance}'`);
    assert.match(await text(page, '.reasons'), /1\s*sessions/);
    assert.match(await text(page, '[aria-label="By host"]'), /web14/);
    await page.click('.sheet .check input');
    await page.until("/found/.test(document.querySelector('.table').textContent)");
  });

  test('a message is shown in its surroundings by its link, and leads to the search', async () => {
    const list = await world.open('/?from=all&q=upstream');
    await list.click('.line');
    await list.until("new URLSearchParams(location.search).get('sel')");
    const id = String(await list.evaluate("new URLSearchParams(location.search).get('sel')"));
    const page = await world.openScreen(`/m/${id}`);
    await page.until("document.querySelectorAll('.surroundings .line').length === 4");
    assert.match(await text(page, '.line-here'), /upstream timed out/);
    assert.match(await text(page, '.message-view .body-text'), /upstream timed out/);
    assert.equal(await page.evaluate("document.querySelectorAll('.surroundings img').length"), 0);
    await page.click('[aria-label="Filter for hostname"]');
    await page.until("document.querySelectorAll('.lines .line').length === 4");
    assert.match(String(await page.evaluate('location.search')), /q=hostname%3Aweb1/);
  });

  test('a message that is not stored is told apart from one that is gone', async () => {
    const page = await world.openScreen(`/m/${'0'.repeat(31)}1`);
    await page.until("document.querySelector('.gone') !== null");
    assert.match(await text(page, '.gone'), /No such message/);
    const half = await world.openScreen('/m/0123');
    await half.until("document.querySelector('.gone') !== null");
    assert.match(await text(half, '.gone'), /No such message/);
  });

  test('a saved search that was changed elsewhere meanwhile is not changed unseen', async () => {
    const page = await world.openScreen('/saved');
    const put = (query: string) =>
      page.evaluate(`fetch('/api/v1/searches/seen', { method: 'PUT', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '${query}' }) }).then(({ status }) => status)`);
    assert.equal(await put('first'), 204);
    await page.goto(`${world.url}/saved`);
    await page.until("document.querySelector('.saved-card') !== null");
    assert.equal(await put('second'), 204);
    await press(page, '.saved-card', 'change');
    await page.until("document.querySelector('dialog[open]') !== null");
    await page.key('Enter');
    await page.until("document.querySelector('dialog[open]')?.textContent.includes('changed')");
    const kept = await page.evaluate(
      "fetch('/api/v1/searches/seen').then((it) => it.json()).then(({ query }) => query)",
    );
    assert.equal(kept, 'second');
    await page.evaluate("fetch('/api/v1/searches/seen', { method: 'DELETE' })");
  });

  test('a search is saved, changed, shared and removed, each with a way back', async () => {
    const page = await world.open('/?from=-4h&q=hostname:web1');
    await page.click('.saved .menu-button');
    await page.click('.saved .column-menu button');
    await answer(page, { name: EVIL });
    assert.match(await theNotice(page), /is saved/);
    await page.goto(`${world.url}/saved`);
    await page.until("document.querySelector('.saved-card') !== null");
    assert.equal(await text(page, '.saved-card h3'), EVIL);
    await press(page, '.saved-card', 'share');
    await answer(page, {});
    await page.until("document.querySelector('.saved-card').textContent.includes('stop sharing')");
    const other = await world.openScreen('/saved', { user: 'rita' });
    await other.until("document.querySelector('.saved-card') !== null");
    assert.equal(await other.evaluate("document.querySelectorAll('.saved-card button').length"), 0);
    await other.click('.saved-card h3 a');
    await other.until("document.querySelectorAll('.lines .line').length === 4");
    await press(page, '.saved-card', 'remove');
    await answer(page, {});
    await page.until("document.querySelector('.saved-card') === null");
    await page.click('.notice button');
    await page.until("document.querySelector('.saved-card') !== null");
    assert.equal(await page.evaluate('window.ran'), undefined);
    assert.deepEqual([...page.violations, ...other.violations], []);
  });

  test('screens are reached and a question is answered by keys alone', async () => {
    const page = await world.openScreen('/account');
    for (const [key, path] of Object.entries({ v: '/saved', a: '/alerts', h: '/hosts', t: '/streams' })) {
      await page.key('g');
      await page.key(key);
      await page.until(`location.pathname === '${path}' && document.querySelector('.sheet h1') !== null`);
    }
    await page.until("document.querySelector('.part-head button') !== null");
    await page.evaluate("document.querySelector('.part-head button').focus()");
    await page.key('Enter');
    await page.until("document.activeElement.name === 'why'");
    await page.type('g h are letters here');
    await page.key('Enter');
    await page.until("/holds/.test(document.querySelector('.notice')?.textContent)");
    assert.equal(await page.evaluate('location.pathname'), '/streams');
    assert.ok((await holds()).some(({ why }) => why === 'g h are letters here'));
  });

  test('users see no button that they may not use, and are told why', async () => {
    const reader = await world.openScreen('/streams', { user: 'rita' });
    assert.match(await text(reader, '.sheet-tools'), /need the role operate; yours is read/);
    assert.equal(await reader.evaluate("document.querySelectorAll('.sheet button').length"), 0);
    const operator = await world.openScreen('/streams', { user: 'olga' });
    await operator.until("document.querySelector('.hold') !== null");
    assert.match(await text(operator, '.holds'), /Releasing needs the role admin/);
    assert.equal(await operator.evaluate("document.querySelectorAll('.hold button').length"), 0);
  });

  test('users who see only some messages are told so by each screen, and still log in', async () => {
    for (const path of ['/hosts', '/alerts', '/streams', '/account']) {
      const page = await world.openScreen(path, { user: 'eve' });
      await page.until("document.querySelector('.banner') !== null");
      assert.equal(await text(page, '.top-bar nav'), 'SearchSaved');
    }
  });
});
