import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { families, Metrics } from '../../../src/api/metrics/index.ts';
import { ROUTES } from '../../../src/api/routes.ts';
import { ALL_COUNTERS, chosenCounters } from '../../../src/assembly/counters.ts';
import { SILENT } from '../../../src/base/log.ts';
import { needs } from '../../support/require.ts';
import { seriesIn, Source } from './support.ts';

const MOST_SERIES = 2000;

test('counters are shown as they are, however often they are asked for', async () => {
  const one = await Source.open();
  one.counters.counter('listen.tcp0.dropped.spool_full').add(7);
  one.counters.counter('spool.waiting').set(12);
  const metrics = new Metrics(one.source, SILENT);
  const dropped = 'cordwood_dropped_messages_total{listener="tcp0",reason="spool_full"}';
  await metrics.text();
  const first = seriesIn(await metrics.text());
  assert.equal(first.get(dropped), 7);
  assert.equal(first.get('cordwood_spool_waiting_bytes'), 12);
  one.counters.counter('listen.tcp0.dropped.spool_full').add(1);
  one.counters.counter('spool.waiting').set(3);
  const second = seriesIn(await metrics.text());
  assert.equal(second.get(dropped), 8);
  assert.equal(second.get('cordwood_spool_waiting_bytes'), 3);
});

test('every counter of the server is a series from the start, with 0', async () => {
  const one = await Source.open();
  const series = seriesIn(await new Metrics(one.source, SILENT).text());
  for (const reason of ['spool_full', 'spool_failed', 'kernel', 'rate'])
    assert.equal(series.get(`cordwood_dropped_messages_total{listener="udp0",reason="${reason}"}`), 0);
  const ours = [...series.keys()].filter((name) => /^cordwood_/.test(name));
  assert.ok(ours.length >= one.counters.names.length, `${ours.length} series of ${one.counters.names.length} counters`);
});

test('a listener that a reload adds gets its series', async () => {
  const one = await Source.open();
  const metrics = new Metrics(one.source, SILENT);
  await metrics.text();
  const { listen } = (await Source.open(['tcp://127.0.0.1:0', 'udp://127.0.0.1:0', 'relp://127.0.0.1:0'])).settings;
  one.counters.add(chosenCounters({ listen, pipeline: [], forward: [] }));
  assert.equal(seriesIn(await metrics.text()).get('cordwood_connections{listener="relp0"}'), 0);
});

test('levels that are unknown are missing, not 0', async () => {
  const one = await Source.open();
  const metrics = new Metrics(one.source, SILENT);
  const before = seriesIn(await metrics.text());
  assert.equal(before.has('cordwood_visible_lag_seconds'), false);
  assert.equal(before.has('cordwood_disk_free_bytes'), false);
  assert.deepEqual(
    [...before.keys()].filter((name) => name.startsWith('cordwood_certificate')),
    [],
  );
  one.visibleAt = Date.now() - 5000;
  one.listeners = [{ name: 'tls0', kind: 'tcp', address: '[::1]:6514', certificateExpires: 1_800_000_000_000 }];
  const after = seriesIn(await metrics.text());
  assert.ok(after.get('cordwood_visible_lag_seconds')! >= 5);
  assert.equal(after.get('cordwood_certificate_expiry_timestamp_seconds{listener="tls0"}'), 1_800_000_000);
});

test('health, the store, the hosts and the gaps are told', async () => {
  const one = await Source.open();
  const { world } = one;
  one.degraded = ['mail'];
  world.gaps = [{ from: world.now - 9000, to: world.now - 1000, reason: 'kernel', listener: 'udp0' }];
  await world.context.hosts.expect(['db1', 'db2']);
  const series = seriesIn(await new Metrics(one.source, SILENT).text());
  assert.equal(series.get('cordwood_ready'), 1);
  assert.equal(series.get('cordwood_degraded'), 1);
  assert.equal(series.get('cordwood_store_messages{stream="default"}'), 0);
  assert.equal(series.get('cordwood_gaps{reason="kernel"}'), 1);
  assert.equal(series.get('cordwood_gaps{reason="clock"}'), 0);
  assert.equal(series.get('cordwood_gap_latest_timestamp_seconds{reason="kernel"}'), (world.now - 1000) / 1000);
  assert.equal(series.get('cordwood_alert_overdue_seconds'), 0);
  assert.equal(series.get('cordwood_notifications_oldest_waiting_seconds'), 0);
});

test('without its store a server tells what it knows, and that the rest is missing', async () => {
  const one = await Source.open();
  one.isOpen = false;
  one.unready = ['starting'];
  const series = seriesIn(await new Metrics(one.source, SILENT).text());
  assert.equal(series.get('cordwood_ready'), 0);
  assert.equal(series.get('cordwood_scrape_success{part="streams"}'), 0);
  assert.equal(series.get('cordwood_spool_limit_bytes'), 1000);
  assert.equal(series.has('cordwood_store_messages{stream="default"}'), false);
});

test('a store that fails, or never answers, does not keep a scrape from ending', async () => {
  const one = await Source.open();
  const { context } = one.world;
  const broken = {
    ...context,
    nodes: () => Promise.reject(new Error('no primary')),
    coverage: { ...context.coverage, gaps: () => new Promise<never>(() => {}) },
  };
  const warnings: unknown[] = [];
  const log = { ...SILENT, warn: (fields: unknown) => void warnings.push(fields) };
  const metrics = new Metrics({ ...one.source, context: () => broken }, log);
  const series = seriesIn(await metrics.text());
  assert.equal(series.get('cordwood_scrape_success{part="nodes"}'), 0);
  assert.equal(series.get('cordwood_scrape_success{part="gaps"}'), 0);
  assert.equal(series.get('cordwood_scrape_success{part="streams"}'), 1);
  assert.deepEqual(warnings, [{ part: 'nodes', reason: 'no primary' }]);
});

test('requests are counted by route and class of status, those without a route together', async () => {
  const metrics = new Metrics((await Source.open()).source, SILENT);
  metrics.http.answered({ route: '/api/v1/messages/:id', status: 200, ms: 30 });
  metrics.http.answered({ route: '/api/v1/messages/:id', status: 404, ms: 3000 });
  metrics.http.answered({ route: undefined, status: 404, ms: 1 });
  const series = seriesIn(await metrics.text());
  const route = 'route="/api/v1/messages/{id}"';
  assert.equal(series.get(`cordwood_http_requests_total{${route},status="2xx"}`), 1);
  assert.equal(series.get(`cordwood_http_requests_total{${route},status="4xx"}`), 1);
  assert.equal(series.get('cordwood_http_requests_total{route="other",status="4xx"}'), 1);
  assert.equal(series.get(`cordwood_http_request_duration_seconds_bucket{le="0.1",${route}}`), 1);
  assert.equal(series.get(`cordwood_http_request_duration_seconds_bucket{le="5",${route}}`), 2);
});

test('the memory of the process is told, with what no file backs apart', {
  skip: process.platform !== 'linux',
}, async () => {
  const one = await Source.open();
  const series = seriesIn(await new Metrics(one.source, SILENT).text());
  const anonymous = series.get('cordwood_memory_bytes{kind="anonymous"}')!;
  assert.ok(anonymous > 1 << 20);
  assert.ok(anonymous < series.get('process_resident_memory_bytes')!);
});

test(`twenty listeners, and every route answered well and badly, are fewer than ${MOST_SERIES} series`, async () => {
  const one = await Source.open(Array.from({ length: 20 }, (_, index) => `tcp://127.0.0.1:${7000 + index}`));
  const metrics = new Metrics(one.source, SILENT);
  for (const { path } of ROUTES) {
    const route = path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const status of [200, 400, 500]) metrics.http.answered({ route, status, ms: 1 });
  }
  const { size } = seriesIn(await metrics.text());
  assert.ok(size < MOST_SERIES, `${size} series`);
});

test('promtool finds nothing to complain of in our families', { skip: needs('promtool') }, async () => {
  const one = await Source.open();
  one.visibleAt = Date.now();
  one.listeners = [{ name: 'tls0', kind: 'tcp', address: '[::1]:6514', certificateExpires: 1_800_000_000_000 }];
  const input = await new Metrics(one.source, SILENT).text();
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  // Status 3: it parsed the text and found something to say; only of prom-client's own gauges, which end in _total.
  assert.ok(status === 0 || status === 3, stderr);
  const found = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('nodejs_'));
  assert.deepEqual(found, []);
  for (const { name } of families(ALL_COUNTERS)) assert.ok(input.includes(`# TYPE ${name} `), name);
});
