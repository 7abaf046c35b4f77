import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openWebhook } from '../../../src/alert/delivery/notifiers/webhook.ts';
import { Lab } from '../lab.ts';

test('a notice is posted as signed JSON, and again unchanged after a refusal', async () => {
  const taken: { body: string; signature: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    taken.push({ body, signature: request.headers['x-cordwood-signature'] as string | undefined });
    response.writeHead(taken.length === 1 ? 503 : 204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const settings = { kind: 'webhook' as const, name: 'pager', url: `http://127.0.0.1:${port}/hook` };
  const notifier = openWebhook({
    settings,
    secret: 'key',
    server: 'here',
    version: '1.2.3',
    page: 'https://logs.example.org/',
  });
  const rule = {
    kind: 'count',
    query: 'timed',
    window: '5m',
    above: 2,
    by: ['hostname'],
    resolve: 'off',
    to: ['pager'],
  };
  const lab = new Lab([rule], { notifier });
  await lab.passTo(1);
  await lab.arrive([1, 2, 3].map((i) => ({ text: `timed out ${i}` })));
  await lab.passTo(8);
  assert.equal(taken.length, 2);
  assert.equal(taken[0]!.body, taken[1]!.body);
  const { body, signature } = taken[1]!;
  assert.equal(signature, `sha256=${createHmac('sha256', 'key').update(body).digest('hex')}`);
  const posted = JSON.parse(body);
  assert.deepEqual(
    [posted.kind, posted.rule, posted.count, posted.keys, posted.samples.length, posted.at],
    ['firing', 'rule', 3, [{ values: ['web1'], count: 3 }], 3, '2026-11-23T09:05:00.000Z'],
  );
  assert.match(posted.link, /^https:\/\/logs\.example\.org\/\?q=/);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
