import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from '../support/page.ts';
import { Smtp } from '../support/smtp.ts';
import { needs } from '../support/require.ts';
import { until } from '../support/until.ts';
import { answer, press, text, theNotice } from './screen-steps.ts';
import { CONFIG, PageWorld } from './world.ts';

const EVIL = '<b>evil</b>';
/** A minute may pass until a rule is judged, or the ledger is written. */
const MINUTES = 200_000;

type Host = { readonly host: string; readonly silentSince?: number; readonly retired?: true };
type Clock = { readonly host: string; readonly set: boolean; readonly likely?: string };
type Rule = {
  readonly rule: string;
  readonly silencedUntil?: number;
  readonly incident?: { readonly id: string; readonly acknowledged?: { readonly note?: string } };
};

suite('the screens of hosts and alerts', { skip: needs('chromium') }, () => {
  let smtp: Smtp;
  let world: PageWorld;
  /** Where a host is expected that never sends: its minute passes beside that of the rule. */
  let expecting: Page;
  const ask = async <Row>(question: string): Promise<Row[]> =>
    (await world.server.ask(question, { action: 'list', ...(question === 'clocks' && { hosts: [] }) }))
      .split('\n')
      .filter((line) => line.startsWith('{') && !line.startsWith('{"_'))
      .map((line) => JSON.parse(line) as Row);
  const host = async (name: string) => (await ask<Host>('hosts')).find((one) => one.host === name);
  const rule = async (name: string) => (await ask<Rule>('alerts')).find((one) => one.rule === name);
  before(async () => {
    smtp = await Smtp.start();
    world = await PageWorld.start({
      config: `${CONFIG}alerts:
  - {name: errors, kind: count, query: 'severity:<=err', schedule: '* * * * *', window: 5m, above: 1, by: [hostname], to: [ops@example.org]}
  - {name: quiet, kind: match, query: 'facility:kern "I/O error"', schedule: '* * * * *', window: 5m, to: []}
mail: {from: logs@example.org, smtp: 'smtp://127.0.0.1:${smtp.port}', tls: off}`,
      users: { rita: { role: 'read' } },
    });
    await world.send([
      ...[1, 2, 3].map((number) => `<11>1 - ${EVIL} app - - - error ${number} <script>window.ran=1</script>`),
      '<14>1 - web1 nginx - - - fine',
      ...[1, 2, 3].map((number) => `<14>${bareStamp(Date.now() + 7_200_000)} fast app: two hours ahead ${number}`),
    ]);
    expecting = await world.openScreen('/hosts');
    await press(expecting, '.sheet-tools', 'expect a host');
    await answer(expecting, { host: EVIL.toUpperCase(), within: '1m' });
    assert.match(await theNotice(expecting), /is expected within 1m/);
    await until(
      'the rule to fire and the ledger',
      async () => (await rule('errors'))?.incident && host('web1'),
      MINUTES,
    );
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await smtp[Symbol.asyncDispose]();
  });

  test('a host that never sent is expected by name, is silent first, and retired again', async () => {
    const page = expecting;
    await until('the host to be silent', async () => (await host(EVIL.toUpperCase()))?.silentSince, MINUTES);
    await page.goto(`${world.url}/hosts`);
    await page.until("document.querySelector('.host-silent') !== null");
    assert.equal(await text(page, '.host:first-child .host-name a'), EVIL.toUpperCase());
    assert.match(await text(page, '.host:first-child .host-state'), /should have spoken/);
    await page.until("/1 silent/.test(document.querySelector('.top-bar').textContent)");
    await press(page, '.host:first-child', 'retire');
    await answer(page, {});
    await until('the host to be retired', async () => (await host(EVIL.toUpperCase()))?.retired);
    await press(page, '.notice', 'Undo');
    await until('the host to be expected', async () => !(await host(EVIL.toUpperCase()))?.retired);
    assert.equal(await page.evaluate('window.ran'), undefined);
    assert.deepEqual(page.violations, []);
  });

  test('a clock that is ahead names its likely zone, which is set and unset again', async () => {
    const clock = async () => (await ask<Clock>('clocks')).find((one) => one.host === 'fast');
    await until('the clock to be judged', async () => (await clock())?.likely, MINUTES);
    const page = await world.openScreen('/hosts');
    await page.until("document.querySelector('.clock-off button') !== null");
    assert.match(await text(page, '.clock-off'), /^(2 h|1 h 59 min) ahead: looks like /);
    await page.click('.clock-off button');
    await answer(page, {});
    assert.match(await theNotice(page), /^fast: timestamps are read in /);
    assert.equal((await clock())?.set, true);
    await press(page, '.notice', 'Undo');
    await until('the zone to be unset', async () => (await clock())?.set === false);
  });

  test('hosts are chosen by a part of their name and by what is up with them', async () => {
    const page = await world.openScreen('/hosts');
    await page.until("document.querySelectorAll('.host').length >= 3");
    await page.click('.chooser input');
    await page.type('WEB');
    await page.until("document.querySelectorAll('.host').length === 1");
    assert.equal(await text(page, '.host-name a'), 'web1');
    await page.click('.host-name a');
    await page.until("document.querySelector('.lines .line') !== null");
    assert.equal(await page.evaluate("document.getElementById('query').value"), 'hostname:web1');
  });

  test('why a rule fires is shown by key, with the lines of each', async () => {
    const page = await world.openScreen('/alerts');
    assert.match(await text(page, '.rule:first-child .rule-state'), /firing/);
    assert.match(await text(page, '.why'), /errors-1: 3 lines/);
    assert.equal(await text(page, '.keys a'), EVIL);
    await page.click('.keys a');
    await page.until("document.querySelectorAll('.lines .line').length === 3");
    assert.equal(await page.evaluate("document.querySelectorAll('.lines script').length"), 0);
  });

  test('the mails of a rule and those that it would have sent are shown as they read', async () => {
    await until('the mail', () => smtp.mails.length > 0, MINUTES);
    const page = await world.openScreen('/alerts');
    await press(page, '.rule:first-child', 'mails');
    await page.until("document.querySelector('.letters summary') !== null");
    await page.click('.letters summary');
    assert.match(await text(page, '.letter-text'), /error 3/);
    assert.equal(await page.evaluate("document.querySelectorAll('.letter-text script').length"), 0);
    await press(page, '.rule:first-child', 'backtest');
    await press(page, '.backtest', 'run');
    await page.until("document.querySelector('.backtest [role=status]') !== null");
    assert.match(await text(page, '.backtest [role=status]'), /mails? in .*, judged/);
    assert.ok(Number(await page.evaluate("document.querySelectorAll('.backtest .letters li').length")) >= 1);
    assert.equal(await page.evaluate('window.ran'), undefined);
    assert.deepEqual(page.violations, []);
  });

  test('a rule is silenced and speaks again, and all are muted and not', async () => {
    const page = await world.openScreen('/alerts');
    await press(page, '.rule:last-child', 'silence');
    await answer(page, { for: '2h' });
    assert.ok((await rule('quiet'))?.silencedUntil);
    await press(page, '.notice', 'Undo');
    await until('the rule to speak', async () => !(await rule('quiet'))?.silencedUntil);
    await press(page, '.sheet-tools', 'mute all');
    await answer(page, { for: 'soon' }, false);
    await page.until("/2h/.test(document.querySelector('.question .fault')?.textContent)");
    await answer(page, { for: '1h' });
    await page.until("document.querySelector('[aria-label=Muted]') !== null");
    await press(page, '[aria-label=Muted]', 'end it');
    await page.until("document.querySelector('[aria-label=Muted]') === null");
  });

  test('readers see what fires and no button that changes it', async () => {
    const page = await world.openScreen('/alerts', { user: 'rita' });
    assert.match(await text(page, '.sheet-tools'), /need the role operate; yours is read/);
    const names = await page.evaluate(
      "[...new Set([...document.querySelectorAll('.rule button')].map((one) => one.textContent))]",
    );
    assert.deepEqual(names, ['mails']);
  });

  test('an incident is acknowledged with a note, and closed', async () => {
    const page = await world.openScreen('/alerts');
    await press(page, '.rule:first-child', 'acknowledge');
    await answer(page, { note: EVIL });
    await page.until("document.querySelector('.why-known') !== null");
    assert.equal((await rule('errors'))?.incident?.acknowledged?.note, EVIL);
    assert.match(await text(page, '.why-known'), /<b>evil<\/b>/);
    await press(page, '.rule:first-child', 'close');
    await answer(page, {});
    assert.match(await theNotice(page), /is closed/);
  });
});

/** A timestamp of RFC 3164 on the clock of this machine, which has no zone: `Nov 30 09:05:00`. */
function bareStamp(ms: number): string {
  const [, month, day, , time] = new Date(ms).toString().split(' ');
  return `${month} ${String(Number(day)).padStart(2)} ${time}`;
}
