import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readArgs } from '../src/cli/args/args.ts';
import { COMMANDS } from '../src/cli/commands/registry.ts';
import { gapLine } from '../src/cli/views/gap-line.ts';
import { loadSettings } from '../src/config/index.ts';
import { parseQuery, parseTime } from '../src/query/index.ts';
import { commandsOf, documents, page, readDocument, ROOT, rowsOf } from './support/documents.ts';
import { needs, needsModules } from './support/require.ts';
import { BIN, cordwood, Server } from './support/server.ts';
import { temporaryFolder } from './support/tmp.ts';
import { until } from './support/until.ts';

const BLOCKS = documents().flatMap(({ blocks }) => blocks);
const COMMAND_LINES = commandsOf(BLOCKS);

for (const { document, line, language, text } of BLOCKS.filter((block) => block.language === 'yaml')) {
  test(`the ${language} of ${document}:${line} is a configuration`, async () => {
    using folder = temporaryFolder();
    const config = join(folder.path, 'cordwood.yaml');
    writeFileSync(config, text);
    const settings = await loadSettings({ config }, {});
    assert.equal(settings.file, config);
  });
}

for (const { document, line, text } of BLOCKS.filter((block) => block.language === 'rsyslog')) {
  const skip = text.includes('omrelp') ? needsModules('omrelp') : needs('rsyslogd');
  test(`rsyslogd accepts ${document}:${line}`, { skip }, () => {
    using folder = temporaryFolder();
    const config = join(folder.path, 'rsyslog.conf');
    writeFileSync(config, `global(workDirectory="${folder.path}")\n${text}`);
    // It exits with 1 if anything in the file is wrong.
    execFileSync('rsyslogd', ['-N1', '-f', config], { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' }, stdio: 'pipe' });
  });
}

test('every command that a document prints exists and takes the flags it is given', async () => {
  assert.ok(COMMAND_LINES.length > 40, `only ${COMMAND_LINES.length} commands were found`);
  for (const { where, words } of COMMAND_LINES) {
    const [name, ...rest] = words;
    const entry = COMMANDS.find((one) => one.name === name);
    assert.ok(entry, `${where}: there is no command ${name}`);
    const command = await entry.load();
    const args = readArgs(rest, command.flags);
    if (command.operands === '') assert.deepEqual(args.words, [], where);
  }
});

/** Commands that run against a server of the test: they end by themselves and change nothing outside its data folder. */
function isHarmless(words: readonly string[]): boolean {
  const [name, action] = words;
  if (words.some((word) => ['-f', '--wait-for', '--apply', '--unset', '--config'].includes(word))) return false;
  if (name === 'alert') return ['list', 'show', 'silence', 'mute', 'retry', 'digest', 'test'].includes(action!);
  if (name === 'agent') return action === 'print';
  if (name === 'hosts') return action === undefined || /^(--|clock)/.test(action);
  const asking = ['search', 'count', 'hist', 'top', 'fields', 'stats', 'nodes', 'account', 'streams', 'hold', 'parse'];
  return asking.includes(name!);
}

test('every harmless command that a document prints succeeds beside a running server', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  const [rules] = page('alerts').blocks.filter((block) => block.language === 'yaml');
  const listen = "listen: [{kind: tcp, address: '127.0.0.1:0'}]\n";
  writeFileSync(config, listen + rules!.text.replace('/etc/cordwood/smtp.password', config));
  mkdirSync(join(folder.path, 'bin'));
  const shim = `#!/bin/sh\nexec ${process.execPath} ${BIN} "$@"\n`;
  writeFileSync(join(folder.path, 'bin/cordwood'), shim, { mode: 0o755 });
  const data = join(folder.path, 'data');
  await using server = await Server.start({ data, config });
  await server.send(['<27>1 2026-11-22T16:20:01Z web1 nginx - - - no space left']);
  const env = { PATH: `${join(folder.path, 'bin')}:/usr/bin:/bin`, CORDWOOD_CONFIG: config, CORDWOOD_DATA: data };
  const harmless = COMMAND_LINES.filter(({ words }) => isHarmless(words));
  const lines = new Map(
    harmless.map(({ shell, where }) => [shell.replace(/^npx /, '').replace(/ \| jq .*/, ''), where]),
  );
  for (const [line, where] of lines) {
    const run = () => execFileSync('/bin/sh', ['-c', line], { cwd: folder.path, env, stdio: 'pipe' });
    assert.doesNotThrow(run, `${where}: ${line}`);
  }
});

test('the lines for gaps in the page about the command line are those that a search prints', () => {
  const at = (time: string) => Date.parse(`2026-11-22T${time}Z`);
  const line = gapLine('UTC');
  const printed = [
    line({ reason: 'outage', from: at('14:03:07'), to: at('14:05:10') }),
    line({ reason: 'kernel', listener: 'udp0', count: 1204, from: at('16:20:01'), to: at('16:20:06') }),
    line({ reason: 'sequence', listener: 'tcp0', host: 'web1', count: 3, from: at('16:31:40'), to: at('16:31:42') }),
    line({ reason: 'clock', from: at('17:00:00'), to: at('19:00:00') }),
  ];
  const [block] = page('command-line').blocks.filter(({ text }) => text.startsWith('-- '));
  assert.equal(block?.text, printed.map((text) => `-- ${text}\n`).join(''));
});

test('the picture in the README has a title, a text that stands for it, and commands that exist', async () => {
  const { text } = readDocument('README.md');
  const [, standsFor, file] = /!\[([^\]]+)\]\((docs\/images\/[\w-]+\.svg)\)/.exec(text) ?? [];
  assert.ok(standsFor);
  const svg = readFileSync(join(ROOT, file!), 'utf8');
  assert.match(svg, /<title>[^<]+<\/title>/);
  const typed = [...svg.matchAll(/>\$<\/tspan> ([^<]+)</g)].map((match) => match[1]!);
  const commands = commandsOf([{ document: file!, line: 1, language: 'sh', text: typed.join('\n') }]);
  assert.ok(commands.length > 2 && commands.length === typed.length);
  for (const { words } of commands) {
    const [name, ...rest] = words;
    readArgs(rest, (await COMMANDS.find((one) => one.name === name)!.load()).flags);
  }
});

test("a copy of a stopped server's data folder answers as the original did, and can be served", async () => {
  using folder = temporaryFolder();
  const [data, copy] = [join(folder.path, 'data'), join(folder.path, 'copy')];
  await using original = await Server.start({ data });
  await original.send(Array.from({ length: 100 }, (_, index) => `<13>1 - web1 app - - - line ${index}`));
  const search = (path: string) => cordwood(['search', '-n', 'all', '-o', 'json', '--data', path]);
  await until('all lines to be found', async () => (await search(data)).stdout.split('\n').length === 101);
  assert.equal(await original.kill('SIGTERM'), 0);
  cpSync(data, copy, { recursive: true });
  const { stdout } = await search(data);
  assert.equal((await search(copy)).stdout, stdout, 'without a server');
  await using _served = await Server.start({ data: copy });
  assert.equal((await search(copy)).stdout, stdout, 'by a server');
});

test('every query and every time in the tables of the query language can be read', () => {
  const context = { now: Date.UTC(2026, 10, 22, 12), zone: 'Europe/Berlin' };
  const codesIn = (heading: string) =>
    rowsOf(page('query-language'), heading).flatMap(([first]) =>
      [...first!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!),
    );
  const [queries, times] = [codesIn('## Terms'), codesIn('## Times')];
  assert.ok(queries.length > 12 && times.length > 10);
  for (const query of queries) assert.doesNotThrow(() => parseQuery(query, context), query);
  for (const time of times)
    if (!['all', '-S'].includes(time)) assert.doesNotThrow(() => parseTime(time, context), time);
});
