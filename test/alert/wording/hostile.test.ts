import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openWebhook } from '../../../src/alert/delivery/notifiers/webhook.ts';
import { alertText } from '../../../src/cli/views/alert-text.ts';
import { HOSTILE } from '../hostile.ts';
import { alertServiceOf, Lab, ruleOf } from '../lab.ts';

const RULE = { kind: 'count', query: '*', window: '10m', above: 0, by: ['hostname', 'appname'], to: ['pager'] };
/** Control characters except line feeds, and characters that change the direction of writing. */
const UNSEEN = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

type Posted = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** What a webhook receives and a terminal shows for a log with this text. */
async function toldOf(text: string): Promise<{ posted: Posted; shown: string }> {
  const posted: Posted[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    posted.push({ headers: request.headers, body });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const settings = { kind: 'webhook' as const, name: 'pager', url };
  await using notifier = openWebhook({ settings, secret: 'key', server: 'here', version: '1' });
  const lab = new Lab([RULE], { notifier });
  await lab.passTo(1);
  await lab.arrive([{ text, host: text.slice(0, 255), app: text.slice(0, 48) }, { text }]);
  await lab.passTo(5);
  const service = alertServiceOf(lab, [ruleOf(RULE)]);
  await service.acknowledge('rule-1', text.slice(0, 200));
  const show = alertText({ zone: 'UTC', now: lab.now });
  const rows = [...(await service.deliveries('rule')), ...(await service.list())];
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return { posted: posted[0]!, shown: rows.map(show).join('') };
}

for (const [name, text] of Object.entries(HOSTILE)) {
  test(`text from a log is data in a webhook, and plain text on a terminal: ${name}`, async () => {
    const { posted, shown } = await toldOf(text);
    const names = Object.keys(posted.headers).filter((header) => !/^(accept|sec-|connection|host)/.test(header));
    assert.deepEqual(names.sort(), ['content-length', 'content-type', 'user-agent', 'x-cordwood-signature']);
    assert.doesNotMatch(posted.body, /[\0-\x1f\x7f]/);
    const { samples, subject, text: body } = JSON.parse(posted.body);
    const whole = text.toWellFormed();
    assert.equal(samples[0].message, whole.length > 500 ? `${whole.slice(0, 500)}…` : whole);
    for (const said of [subject, body, shown]) assert.doesNotMatch(said, UNSEEN);
    assert.equal(subject.includes('\n'), false);
  });
}
