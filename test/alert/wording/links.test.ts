import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Notifier } from '../../../src/alert/delivery/notifier.ts';
import { openMail } from '../../../src/alert/delivery/notifiers/mail.ts';
import { mailSchema } from '../../../src/alert/delivery/settings.ts';
import type { Notice } from '../../../src/alert/notices/notice.ts';
import { linksOf } from '../../../src/alert/wording/links.ts';
import { DEFAULT_VIEW, readAddress, writeAddress } from '../../../src/page/state/address.ts';
import { parseTime } from '../../../src/query/index.ts';
import fc from '../../support/fc.ts';
import { Smtp } from '../../support/smtp.ts';
import { lastOf, STORIES } from '../kinds.ts';

const PAGE = 'https://logs.example.org/';
/** Kinds of mail that are not about the messages of a rule, and where they lead. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  silent: ['/hosts'],
  back: ['/hosts'],
  summary: ['/alerts'],
  digest: ['/alerts', '/account'],
};

const time = (text: string): number => parseTime(text, { now: 0, zone: 'Asia/Tokyo' });

suite('mails link to what they are about if the page has an address:', () => {
  let smtp: Smtp;
  let mail: Notifier;
  before(async () => {
    smtp = await Smtp.start();
    const settings = mailSchema.parse({ from: 'logs@example.org', smtp: `smtp://127.0.0.1:${smtp.port}` });
    mail = openMail({ settings, version: '1.2.3', page: PAGE });
  });
  after(async () => {
    await mail[Symbol.asyncDispose]();
    await smtp[Symbol.asyncDispose]();
  });

  /** The addresses in both parts of the mail about a notice. */
  async function linksIn(notice: Notice): Promise<readonly URL[]> {
    await mail.send(notice, 'ops@example.org');
    const { text, html } = smtp.mails.at(-1)!.mail;
    const inText = [...text!.matchAll(/^ {2}See [\w ]+: (\S+)$/gm)].map(([, address]) => address!);
    const inHtml = [...(html as string).matchAll(/ href="([^"]*)"/g)].map(([, address]) =>
      address!.replaceAll('&amp;', '&'),
    );
    assert.deepEqual(inHtml, inText);
    assert.ok(inText.length > 0);
    return inText.map((address) => new URL(address));
  }

  for (const { name } of STORIES) {
    test(name, async () => {
      const notice = await lastOf(name);
      const links = await linksIn(notice);
      for (const { origin } of links) assert.equal(origin, 'https://logs.example.org');
      assert.deepEqual(
        links.map(({ pathname }) => pathname),
        ELSEWHERE[name] ?? ['/'],
      );
      if (name in ELSEWHERE && name !== 'digest') return;
      const { search } = links.at(-1)!;
      const view = readAddress(search);
      assert.equal(`?${writeAddress(view)}`, search, 'as the page itself writes it');
      const { from, to } = (notice.digest ?? notice).window;
      assert.deepEqual([time(view.from), time(view.to)], [from, to]);
      assert.deepEqual(view, {
        ...DEFAULT_VIEW,
        query: notice.digest ? '' : (notice.search ?? notice.query),
        from: view.from,
        to: view.to,
        zone: notice.timezone ?? '',
        selected: notice.digest ? '' : (notice.samples[0]?._id ?? ''),
      });
    });
  }

  test('with the first match in the details', async () => {
    const notice = await lastOf('count');
    const [{ searchParams }] = (await linksIn(notice)) as [URL];
    assert.equal(searchParams.get('sel'), notice.samples[0]!._id);
    assert.equal(searchParams.get('q'), 'appname:nginx severity:<=err (hostname:web1 OR hostname:web2)');
  });

  test('the page reads any query as it was', async () => {
    const notice = await lastOf('match');
    const query = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(query, (text) => {
        const { address } = linksOf({ ...notice, query: text }, PAGE)[0]!;
        assert.match(address, /^[\x21-\x7e]+$/);
        assert.equal(readAddress(new URL(address).search).query, text);
      }),
    );
  });

  test('a query that is too long for an address gives way to the one of the rule, and that to the alerts', async () => {
    const notice = { ...(await lastOf('match')), search: '"a b" '.repeat(1000) };
    const [rule] = linksOf(notice, PAGE);
    assert.equal(new URL(rule!.address).searchParams.get('q'), notice.query);
    const [alerts] = linksOf({ ...notice, query: '"a b" '.repeat(1000) }, PAGE);
    assert.equal(alerts!.address, `${PAGE}alerts`);
  });
});
