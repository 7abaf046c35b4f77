import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Files that commit fdfc7d8 wrote; every later version must read them. */
const FIXTURES = join(import.meta.dirname, '../fixtures/data');
/** The streams that the folder was written with, kept for longer than this test will be run. */
const STREAMS = `
streams:
  - {name: auth, match: 'facility:(auth OR authpriv)', keep: 36500d}
  - {name: default, keep: 36500d}
listen:
  - {kind: tcp, name: tcp0, address: '127.0.0.1:0'}
`;
type Answered = { readonly args: readonly string[]; readonly status: number; readonly stdout: string };

const answers: readonly Answered[] = JSON.parse(gunzipSync(readFileSync(join(FIXTURES, 'answers.json.gz'))).toString());

/** The folder of that name, unpacked, with a configuration for it. */
function unpacked(name: string, into: string): { data: string; config: string } {
  execFileSync('tar', ['-xzf', join(FIXTURES, `${name}.tar.gz`), '-C', into]);
  const data = join(into, name);
  const config = join(into, 'cordwood.yaml');
  writeFileSync(config, `data: ${data}\n${STREAMS}`);
  return { data, config };
}

test('a data folder of an earlier build gives the same answers without a server', async () => {
  using folder = temporaryFolder();
  const { config } = unpacked('stored', folder.path);
  assert.ok(answers.length >= 30);
  await askAll(answers, config);
});

test('a data folder of an earlier build gives the same answers from a server, and takes new lines', async () => {
  using folder = temporaryFolder();
  const { data, config } = unpacked('stored', folder.path);
  await using server = await Server.start({ data, config });
  await askAll(answers.slice(0, 8), config);
  await server.send(
    Array.from({ length: 500 }, (_, index) => `<14>1 - later app - - - line ${index} of a later build`),
  );
  const search = ['search', '-S', '2026-01-01', '-n', 'all', '-o', 'cat', '--config', config];
  const found = async (query: string) => (await cordwood([...search, query])).stdout.split('\n').slice(0, -1);
  await until('the new lines', async () => (await found('hostname:later')).length === 500);
  const old = answers.find(({ args }) => args.includes('"took 42 ms"'))!;
  assert.deepEqual(await found('"took 42 ms"'), old.stdout.split('\n').slice(0, -1));
  const { stdout } = await cordwood(['count', '-S', '2026-01-01', '--config', config]);
  assert.equal(Number(stdout), 2129 + 500);
});

test('a spool of an earlier build with unfinished messages is taken over without loss', async () => {
  using folder = temporaryFolder();
  const { data, config } = unpacked('unfinished', folder.path);
  const { sent, acknowledged } = JSON.parse(readFileSync(join(FIXTURES, 'unfinished.json'), 'utf8'));
  const lines = async () => {
    const args = ['search', '-S', '2026-01-01', '-n', 'all', '-o', 'cat', '--config', config, 'appname:unfinished'];
    return (await cordwood(args)).stdout.split('\n').slice(0, -1);
  };
  const expected = Array.from({ length: sent }, (_, index) => `line ${index} of the unfinished spool`);
  const offline = await lines();
  assert.ok(offline.length >= acknowledged, `${offline.length} of ${acknowledged} acknowledged lines are there`);
  assert.deepEqual(offline, expected.slice(0, offline.length));
  await using server = await Server.start({ data, config });
  assert.deepEqual(await lines(), offline, 'a server stores what the spool holds, once');
  assert.equal(await server.kill('SIGTERM'), 0);
});

/** Asks each question as it was asked then, four at a time, and compares what came with what came then. */
async function askAll(asked: readonly Answered[], config: string): Promise<void> {
  const rest = [...asked];
  const ask = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) {
      const { code, stdout } = await cordwood([...next.args, '--config', config], { env: { TZ: 'UTC' } });
      // That build kept the blank that rsyslog's templates put before a text, and this one writes a blank of its own.
      const [now, then] = next.args.includes('raw') ? [blanks(stdout), blanks(next.stdout)] : [stdout, next.stdout];
      assert.equal(now, then, next.args.join(' '));
      assert.equal(code, next.status, next.args.join(' '));
    }
  };
  await Promise.all([ask(), ask(), ask(), ask()]);
}

/** The text with every run of blanks as one. */
function blanks(text: string): string {
  return text.replaceAll(/ +/g, ' ');
}
