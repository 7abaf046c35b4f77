import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { ROOT } from '../support/documents.ts';
import { freePort } from '../support/ports.ts';
import { Prometheus } from '../support/prometheus.ts';
import { needs } from '../support/require.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const ETC = join(ROOT, 'etc');

/** The example of the package, changed only in where it finds the server and its token, and how often it asks. */
function configOf(port: number, token: string): string {
  const config = parse(readFileSync(join(ETC, 'prometheus', 'prometheus.yml'), 'utf8'));
  config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
  const [job] = config.scrape_configs;
  job.scheme = 'http';
  job.authorization.credentials_file = token;
  job.static_configs = [{ targets: [`127.0.0.1:${port}`] }];
  delete job.tls_config;
  return stringify(config);
}

/** The expressions of the dashboard, with all servers and listeners chosen. */
function expressions(): string[] {
  const { panels } = JSON.parse(readFileSync(join(ETC, 'grafana', 'cordwood.json'), 'utf8'));
  return panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) =>
    targets.map(({ expr }) =>
      expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(job|instance|listener)\b/g, '.*'),
    ),
  );
}

test('a real Prometheus reads a server by its token, evaluates the rules, and answers the dashboard', {
  skip: needs('prometheus'),
}, async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'cordwood.yaml');
  const port = await freePort();
  writeFileSync(
    config,
    `data: ${data}\nlisten: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]\nweb: {address: '127.0.0.1:${port}'}\n`,
  );
  const made = await cordwood(['token', 'add', 'prometheus', '--role', 'metrics', '--config', config]);
  assert.equal(made.code, 0, made.stderr);
  const token = join(folder.path, 'cordwood.token');
  writeFileSync(token, made.stdout, { mode: 0o600 });
  await using server = await Server.start({ data, config });

  copyFileSync(join(ETC, 'prometheus', 'cordwood.rules.yml'), join(folder.path, 'cordwood.rules.yml'));
  writeFileSync(join(folder.path, 'prometheus.yml'), configOf(port, token));
  await using prometheus = await Prometheus.start(join(folder.path, 'prometheus.yml'), join(folder.path, 'tsdb'));

  await until('the server to be read', async () => (await prometheus.query('up == 1')).length === 1);
  await server.send(Array.from({ length: 500 }, (_, index) => `<14>web1 app: line ${index}`));
  await until('the messages to be counted', async () => {
    const [received] = await prometheus.query('sum(cordwood_received_messages_total)');
    return received?.value[1] === '500';
  });
  for (const expr of expressions()) await prometheus.query(expr);
  const rules = await until('the rules to be evaluated', async () => {
    const found = await prometheus.rules();
    return [...found.values()].every((health) => health !== 'unknown') && found;
  });
  assert.ok(rules.size > 20);
  assert.deepEqual(
    [...rules].filter(([, health]) => health !== 'ok'),
    [],
  );
  const firing = await prometheus.query('ALERTS{alertstate="firing"}');
  assert.deepEqual(
    firing.map(({ metric }) => metric['alertname']),
    [],
  );

  await server.kill('SIGKILL');
  await until('Prometheus to notice that the server is gone', async () => {
    const alerts = await prometheus.query('ALERTS{alertname="CordwoodDown"}');
    return alerts.length === 1;
  });
});
