import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../support/ports.ts';
import { needs } from '../../support/require.ts';
import { TcpSender, UdpSender } from '../../support/senders.ts';
import { Server } from '../../support/server.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { until } from '../../support/until.ts';
import { type Series, seriesIn } from './support.ts';

const MESSAGES = 3000;

const CONFIG = (data: string, port: number): string => `
data: ${data}
listen:
  - {kind: tcp, name: agents, address: '127.0.0.1:0', max_frame: 1KiB}
  - {kind: udp, name: devices, address: '127.0.0.1:0'}
pipeline:
  - {kind: drop, name: noise, match: 'severity:debug'}
streams:
  - {name: errors, match: 'severity:error', keep: 90d}
  - {name: default, keep: 30d}
alerts:
  - {kind: count, name: many-errors, query: 'severity:error', above: 1, window: 5m, schedule: '* * * * *', to: []}
web: {address: '127.0.0.1:${port}'}
`;

/** Reads /metrics of a server, logged in by a link. */
class Scraper {
  readonly #url: string;
  readonly #cookie: string;

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  static async open(server: Server, port: number): Promise<Scraper> {
    const { link } = JSON.parse((await server.ask('link', {})).split('\n')[0]!);
    const url = `http://127.0.0.1:${port}`;
    const login = await fetch(`${url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify({ link: link.split('#')[1] }),
    });
    assert.equal(login.status, 200, await login.text());
    return new Scraper(url, login.headers.getSetCookie()[0]!.split(';')[0]!);
  }

  async text(): Promise<string> {
    const answer = await fetch(`${this.#url}/metrics`, { headers: { cookie: this.#cookie } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    return await answer.text();
  }

  async series(): Promise<Series> {
    return seriesIn(await this.text());
  }
}

test('a busy server tells Prometheus what it received, dropped and stored', { skip: needs('promtool') }, async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'cordwood.yaml');
  const port = await freePort();
  writeFileSync(config, CONFIG(data, port));
  await using server = await Server.start({ data, config });
  const scraper = await Scraper.open(server, port);

  await using agent = await TcpSender.connect(`127.0.0.1:${await server.port('agents')}`);
  await using device = await UdpSender.open(`127.0.0.1:${await server.port('devices')}`);
  await agent.sendLines(Array.from({ length: MESSAGES }, (_, index) => `<14>web1 app: line ${index}`));
  await agent.sendLines(['<15>web1 app: of no use', `<14>web1 app: ${'long '.repeat(400)}`]);
  await device.send('<11>Nov 30 10:00:00 db1 app: it failed');

  const settled = 'cordwood_stored_messages_total';
  await until('the messages to be stored', async () => (await scraper.series()).get(settled)! >= MESSAGES + 2);
  const series = await scraper.series();
  assert.equal(series.get('cordwood_received_messages_total{listener="agents"}'), MESSAGES + 2);
  assert.equal(series.get('cordwood_received_messages_total{listener="devices"}'), 1);
  assert.equal(series.get('cordwood_pipeline_messages_total{stage="noise",fate="dropped"}'), 1);
  assert.equal(series.get('cordwood_truncated_messages_total{listener="agents"}'), 1);
  assert.equal(series.get('cordwood_connections{listener="agents"}'), 1);
  assert.equal(series.get('cordwood_ready'), 1);
  assert.ok(series.get('cordwood_spool_bytes')! > 0);
  assert.ok(series.get('cordwood_visible_lag_seconds')! >= 0);
  assert.ok(series.get('cordwood_http_requests_total{route="/metrics",status="2xx"}')! > 0);
  assert.equal(series.get('cordwood_web_logins_total{outcome="accepted"}'), 1);

  // What the store is asked for is some seconds old.
  await until('the store to show them', async () => {
    const now = await scraper.series();
    const stored =
      now.get('cordwood_store_messages{stream="default"}')! + now.get('cordwood_store_messages{stream="errors"}')!;
    return stored === MESSAGES + 2;
  });
  await until('every thread to have looked at itself', async () => {
    const now = await scraper.series();
    const threads = ['main', 'writer', 'reader'];
    return threads.every((thread) => now.get(`cordwood_thread_memory_bytes{thread="${thread}"}`)! > 1 << 20);
  });
  const text = await scraper.text();
  const rows = seriesIn(text);
  assert.equal(rows.get('cordwood_store_messages{stream="errors"}'), 1);
  assert.ok(rows.get('cordwood_disk_free_bytes')! > 0);
  assert.ok(rows.get('cordwood_thread_busy_seconds_total{thread="reader"}')! > 0);
  assert.equal(rows.get('cordwood_alert_firing{rule="many-errors",kind="count"}'), 0);
  for (const part of ['streams', 'alerts', 'gaps', 'nodes', 'hosts'])
    assert.equal(rows.get(`cordwood_scrape_success{part="${part}"}`), 1, part);
  // Nothing that a sender chose is in it: no host, no program, no address.
  assert.doesNotMatch(text, /web1|db1|"app"|127\.0\.0\.1/);
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  const found = `${checked.stdout}${checked.stderr}`
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('nodejs_'));
  assert.deepEqual(found, []);
});

test('metrics are not for everyone', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'cordwood.yaml');
  const port = await freePort();
  writeFileSync(config, CONFIG(data, port));
  await using _server = await Server.start({ data, config });
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(answer.status, 401);
  assert.doesNotMatch(await answer.text(), /cordwood_/);
});

test('addresses of `metrics: from:` read metrics without a token, and nothing else', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'cordwood.yaml');
  const port = await freePort();
  const from = `web: {address: '127.0.0.1:${port}', metrics: {from: [127.0.0.1/32]}}`;
  writeFileSync(config, CONFIG(data, port).replace(/^web:.*$/m, from));
  await using _server = await Server.start({ data, config });
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(answer.status, 200);
  assert.equal(seriesIn(await answer.text()).get('cordwood_ready'), 1);
  assert.equal((await fetch(`http://127.0.0.1:${port}/api/v1/messages`)).status, 401);
});
