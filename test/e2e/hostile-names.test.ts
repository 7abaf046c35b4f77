import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FORMATS } from '../../src/cli/formats/registry.ts';
import { runFake } from '../cli/fake.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/* A sender chooses every name: none of them may act on the terminal of the person who asks. */

const EVIL = '\x1b[2J\x1b]0;owned\x07\u009b31m\u202e\u2066\u200b\x7fx';
/** EVIL without what ends a name. */
const NAMES = ['web\x1b[2J', 'web\u009b31m', 'web\u202e', 'web\x07', `web${EVIL}`];
const LINES = NAMES.flatMap((name) => [
  `<11>1 - ${name} ${name} ${name} ${name} [${name}@1 ${name}="${EVIL}"] ${EVIL}`,
  `<11>1 - ${name} app - - - ${EVIL}`,
  `<11>1 - host ${name} - - - ${EVIL}`,
  `<11>1 - host app - - [meta sequenceId="1" ${name}="1"][${name}@1 a="${EVIL}"] ${EVIL}`,
  `<11>Nov 22 16:20:01 ${name} ${name}[${name}]: ${EVIL}`,
  `<11>Nov 22 16:20:01 host ${name}: ${EVIL}`,
  `${EVIL}<11>no header ${name}: ${EVIL}`,
  `<11>1 - host app - - - {"${name}": "${name}", "a": {"${name}": 1}}`,
  `<11>1 - host app - - - ${JSON.stringify({ [name]: name, deep: { [name]: [name] } })}`,
]);
const CONFIG = `listen: [{kind: tcp, address: '127.0.0.1:0'}]
pipeline: [{kind: json}]
alerts:
  - {name: names, kind: count, query: '*', window: 5m, schedule: '* * * * *', above: 0, by: [hostname, appname], to: []}
`;

/** Everything that acts on a terminal, except TAB, line ends and our own colours. */
const ACTS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/;

const parts = new AsyncDisposableStack();
let server: Server;

before(async () => {
  const folder = parts.use(temporaryFolder());
  const config = join(folder.path, 'cordwood.yaml');
  writeFileSync(config, CONFIG);
  server = parts.use(await Server.start({ data: join(folder.path, 'data'), config }));
  await server.send(LINES);
  await until('all lines', async () => (await server.stats()).counters['writer.messages'] === LINES.length);
});
after(() => parts.disposeAsync());

const COMMANDS: readonly (readonly string[])[] = [
  ...FORMATS.map(({ name }) => ['search', '-S', 'all', '-o', name]),
  ...['short', 'json', 'csv', 'logfmt', 'cat'].map((name) => [
    ...['search', '-S', 'all', '-o', name],
    ...['--fields', 'hostname,appname,procid,msgid,message'],
  ]),
  ['search', '-S', 'all', '-C', '2', 'web'],
  ['search', '-S', 'all', '-H', `web${EVIL}`],
  ['search', '-S', 'all', '-t', `${EVIL}`],
  ['search', '-S', 'all', `nothing${EVIL}`],
  ['search', '-S', 'all', `${EVIL}:x`],
  ['search', '-S', 'all', '-H', 'we'],
  ['count', '-S', 'all'],
  ...['hostname', 'appname', 'procid', 'msgid', 'message', 'hostname,appname'].map((by) => ['top', '-S', 'all', by]),
  ['hist', '-S', 'all', '--by', 'hostname'],
  ['hist', '-S', 'all', '--by', 'appname'],
  ['fields', '-S', 'all'],
  ['hosts'],
  ['hosts', 'clock', '--all'],
  ['account', '-S', 'all', '--verify'],
  ['alert', 'list'],
  ['stats'],
  ['streams'],
  ['nodes'],
  ['hold', 'list'],
  ['agent', 'verify', `web${EVIL}`],
];

for (const argv of COMMANDS) {
  test(`no name that a sender chose acts on a terminal: ${argv.join(' ').replaceAll(/[^ -~]/g, '.')}`, async () => {
    const env = { CORDWOOD_DATA: server.data, CORDWOOD_CONFIG: '' };
    const { stdout, stderr, code } = await runFake([...argv], { tty: true, env });
    for (const said of [stdout, stderr]) {
      const shown = said.replaceAll(/\x1b\[\d+(;\d+)*m/g, '');
      assert.doesNotMatch(shown, ACTS);
    }
    assert.ok(stdout.length + stderr.length > 0, `${code}`);
  });
}

test('the names that senders chose are in the outputs, written out', async () => {
  const said = async (...argv: string[]) =>
    (await runFake(argv, { tty: true, env: { CORDWOOD_DATA: server.data, CORDWOOD_CONFIG: '' } })).stdout;
  for (const argv of [
    ['top', '-S', 'all', 'hostname'],
    ['fields', '-S', 'all'],
    ['account', '-S', 'all'],
  ]) {
    const shown = await until(`the name in ${argv[0]}`, async () => {
      const text = await said(...argv);
      return text.includes('web\\u202e') && text;
    });
    assert.doesNotMatch(shown.replaceAll(/\x1b\[\d+(;\d+)*m/g, ''), ACTS);
  }
});
