import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { families, Metrics } from '../src/api/metrics/index.ts';
import { ROUTES } from '../src/api/routes.ts';
import { ALL_COUNTERS } from '../src/assembly/counters.ts';
import { SILENT } from '../src/base/log.ts';
import { COMMANDS } from '../src/cli/commands/registry.ts';
import { Source } from './api/metrics/support.ts';
import { ROOT } from './support/documents.ts';
import { needs } from './support/require.ts';
import { temporaryFolder } from './support/tmp.ts';

const ETC = join(ROOT, 'etc');
const FOLDER = join(ETC, 'prometheus');
const read = (path: string): string => readFileSync(join(ETC, path), 'utf8');

type Rule = { alert: string; expr: string; labels: { severity: string }; annotations: Record<string, string> };
type Case = { name: string; promql_expr_test: { expr: string; exp_samples?: { labels: string }[] }[] };
type Panel = { title: string; type: string; description?: string; targets?: { expr: string }[] };
type Dashboard = {
  panels: Panel[];
  templating: { list: { definition?: string }[] };
  annotations: { list: { expr: string }[] };
};

const RULES: Rule[] = parse(read('prometheus/cordwood.rules.yml')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);
const CASES: Case[] = parse(read('prometheus/cordwood.test.yml')).tests;
const DASHBOARD: Dashboard = JSON.parse(read('grafana/cordwood.json'));
const DRAWN = DASHBOARD.panels.filter(({ type }) => type !== 'row');

/** Expressions by where they are. */
const EXPRESSIONS: [where: string, expr: string][] = [
  ...RULES.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...DRAWN.flatMap(({ title, targets = [] }) => targets.map(({ expr }): [string, string] => [title, expr])),
  ...DASHBOARD.templating.list.flatMap(({ definition }): [string, string][] =>
    definition === undefined ? [] : [['variable', definition]],
  ),
  ...DASHBOARD.annotations.list.map(({ expr }): [string, string] => ['annotation', expr]),
];

/** The names of families in an expression, without those that Prometheus makes for a histogram. */
function familiesIn(expr: string): string[] {
  const names = [...expr.matchAll(/\b(?:cordwood|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name);
  return names.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
}

test('every family that a rule or a panel uses exists, with the labels that it selects or groups by', async () => {
  const text = await new Metrics((await Source.open()).source, SILENT).text();
  const exposed = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
  const labels = new Map(families(ALL_COUNTERS).map((family) => [family.name, family.labels]));
  for (const [where, expr] of EXPRESSIONS) {
    for (const name of familiesIn(expr)) assert.ok(exposed.has(name), `${where}: ${name} does not exist`);
    for (const [, name, selector] of expr.matchAll(/\b(cordwood_\w+)\{([^}]*)\}/g)) {
      const selected = [...selector!.matchAll(/(\w+)(?:=|!)/g)].map(([, label]) => label!);
      const known = ['job', 'instance', ...labels.get(name!.replace(/_(bucket|sum|count)$/, ''))!];
      for (const label of selected) assert.ok(known.includes(label), `${where}: ${name} has no label ${label}`);
    }
  }
});

test('each route that a rule names is in the table of routes', () => {
  const known = new Set(ROUTES.map(({ path }) => path));
  const named = EXPRESSIONS.flatMap(([, expr]) =>
    [...expr.matchAll(/route=~"([^"]+)\(([^)]+)\)"/g)].flatMap(([, base, list]) =>
      list!.split('|').map((last) => `${base}${last}`),
    ),
  );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((path) => !known.has(path)),
    [],
  );
});

test('each reason that a rule names is one of a counter', () => {
  const reasons = new Set(ALL_COUNTERS.flatMap(({ name }) => /\.dropped\.(\w+)$/.exec(name)?.[1] ?? []));
  const named = EXPRESSIONS.flatMap(([, expr]) =>
    [...expr.matchAll(/cordwood_dropped_messages_total\{[^}]*reason!?~"([^"]+)"/g)].flatMap(([, list]) =>
      list!.split('|'),
    ),
  );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((reason) => !reasons.has(reason)),
    [],
  );
});

test('each alert has a severity, a sentence, and what to do, with commands that exist', () => {
  const commands = COMMANDS.map(({ name }) => name);
  for (const { alert, labels, annotations } of RULES) {
    assert.ok(['critical', 'warning', 'info'].includes(labels.severity), alert);
    assert.ok(annotations['summary'] && annotations['runbook'], alert);
    const named = [...annotations['runbook']!.matchAll(/`cordwood ([\w-]+)/g)].map(([, name]) => name!);
    for (const name of named)
      assert.ok(
        commands.some((command) => command.split(' ')[0] === name),
        `${alert}: ${name}`,
      );
  }
});

test('each alert has one test, in which it fires alone and clears again', () => {
  assert.deepEqual(CASES.map(({ name }) => name).sort(), RULES.map(({ alert }) => alert).sort());
  for (const {
    name,
    promql_expr_test: [fires, clears, ...more],
  } of CASES) {
    assert.deepEqual(
      fires!.exp_samples?.map(({ labels }) => labels),
      [`{alertname="${name}"}`],
    );
    assert.equal(clears!.exp_samples, undefined, name);
    for (const { expr } of [fires!, clears!]) assert.equal(expr, 'count by (alertname) (ALERTS{alertstate="firing"})');
    assert.deepEqual(more, []);
  }
});

test('promtool accepts the rules and the example, and each alert fires and clears', { skip: needs('promtool') }, () => {
  for (const words of [
    ['check', 'rules', 'cordwood.rules.yml'],
    ['check', 'config', '--syntax-only', 'prometheus.yml'],
    ['test', 'rules', 'cordwood.test.yml'],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', words, { cwd: FOLDER, encoding: 'utf8' });
    assert.equal(status, 0, `${words.join(' ')}:\n${stdout}${stderr}`);
  }
});

test('promtool accepts every expression of the dashboard', { skip: needs('promtool') }, () => {
  const rules = EXPRESSIONS.filter(([where]) => where !== 'variable').map(([, expr], index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  using folder = temporaryFolder();
  const file = join(folder.path, 'panels.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
});

test('the dashboard says of each panel what it shows, and asks first whether anything is lost', () => {
  for (const { title, description, targets = [] } of DRAWN) {
    assert.ok(description, title);
    assert.ok(targets.length > 0, title);
  }
  assert.equal(DASHBOARD.panels[0]!.title, 'Is anything lost?');
});

test('panels of the dashboard lie beside each other, not on each other', () => {
  const taken = new Map<string, string>();
  for (const panel of DASHBOARD.panels as (Panel & { gridPos: { x: number; y: number; w: number; h: number } })[]) {
    const { x, y, w, h } = panel.gridPos;
    assert.ok(x + w <= 24, panel.title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const place = `${column},${line}`;
        assert.equal(taken.get(place), undefined, `${panel.title} lies on ${taken.get(place)}`);
        taken.set(place, panel.title);
      }
    }
  }
});
