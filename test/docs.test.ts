import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { mailSchema } from '../src/alert/delivery/settings.ts';
import { digestSchema, NOTIFIERS, RULES, silenceSchema } from '../src/alert/registry.ts';
import { COMMANDS } from '../src/cli/commands/registry.ts';
import { FORMATS } from '../src/cli/formats/registry.ts';
import { settingsSchema, streamSchema } from '../src/config/schema.ts';
import { COUNTERS } from '../src/listen/shared/counters.ts';
import { FORWARDS } from '../src/forward/registry.ts';
import { LISTENERS } from '../src/listen/registry.ts';
import { FIELD_NAMES } from '../src/model/filter.ts';
import { FLAGS } from '../src/model/message.ts';
import { STAGES } from '../src/pipeline/registry.ts';
import { STORES } from '../src/store/registry.ts';
import { tlsSchema } from '../src/tls/settings.ts';
import { anchorsOf, documents, page, paragraphsOf, readDocument, ROOT, rowsOf } from './support/documents.ts';

const MOST_LINES = 150;
const MOST_COLUMNS = 100;
const MOST_LINES_OF_A_PARAGRAPH = 5;

const ALL = documents();
const names = (kinds: readonly { readonly name: string }[]) => kinds.map(({ name }) => name);

test(`the README has at most ${MOST_LINES} lines`, () => {
  const lines = readDocument('README.md').text.trimEnd().split('\n').length;
  assert.ok(lines <= MOST_LINES, `it has ${lines}`);
});

test(`no document has a line of more than ${MOST_COLUMNS} columns outside code and tables`, () => {
  const long = ALL.flatMap(({ path, prose }) =>
    prose
      .filter(({ text }) => [...text].length > MOST_COLUMNS && !text.startsWith('|'))
      .map(({ number }) => `${path}:${number}`),
  );
  assert.deepEqual(long, []);
});

test(`no document has a paragraph of more than ${MOST_LINES_OF_A_PARAGRAPH} lines`, () => {
  const long = ALL.flatMap((document) =>
    paragraphsOf(document)
      .filter((lines) => lines.length > MOST_LINES_OF_A_PARAGRAPH)
      .map(([first]) => `${document.path}:${first!.number}`),
  );
  assert.deepEqual(long, []);
});

test('every link inside the repository leads to a file, and to a heading in it', () => {
  const broken = ALL.flatMap(({ path, prose }) => {
    // A link's text may be wrapped.
    const text = prose.map((line) => line.text).join('\n');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
    return targets
      .filter((target) => !/^[a-z]+:/.test(target) && !leads(path, target))
      .map((target) => `${path}: ${target}`);
  });
  assert.deepEqual(broken, []);
});

function leads(from: string, target: string): boolean {
  const [path, anchor] = target.split('#') as [string, string?];
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || anchorsOf(readDocument(file)).has(anchor);
}

test('every page of docs/ is in its index, and the README leads there', () => {
  const index = page('README').text;
  for (const path of globSync('docs/*.md', { cwd: ROOT })) {
    const name = path.slice('docs/'.length);
    if (name !== 'README.md') assert.ok(index.includes(`(${name})`), path);
  }
  assert.ok(readDocument('README.md').text.includes('(docs/README.md)'));
});

test('every path of the repository that a document prints exists', () => {
  const missing = ALL.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<![\w./-])(?:src|test|scripts|etc|systemd|docs|bin)\/[\w./{}*,<>-]*/g)]
      .map(([printed]) => printed.replace(/[.,]+$/, ''))
      .filter((printed) => !isThere(printed))
      .map((printed) => `${path}: ${printed}`),
  );
  assert.deepEqual(missing, []);
});

test('every file that ARCHITECTURE.md names without src/ is in src/', () => {
  const { text } = readDocument('ARCHITECTURE.md');
  const named = [...text.matchAll(/`((?:[a-z0-9-]+\/)+[a-z0-9.-]+\.(?:ts|wat))`/g)].map((match) => match[1]!);
  assert.deepEqual(
    named.filter((file) => !/^(src|test|scripts)\//.test(file) && !isThere(`src/${file}`)),
    [],
  );
});

test('every name of code that the guides for contributors print is in src/ or test/', () => {
  const code = globSync(['src/**/*.ts', 'test/**/*.ts'], { cwd: ROOT }).map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  );
  const names = ['ARCHITECTURE.md', 'CONTRIBUTING.md']
    .flatMap((path) => [...readDocument(path).text.matchAll(/`([A-Za-z]*[a-z][A-Za-z]*)(?:\(.*?\))?`/g)])
    .map(([, name]) => name!)
    .filter((name) => /[A-Z]/.test(name));
  assert.ok(names.length > 5);
  assert.deepEqual(
    names.filter((name) => !code.some((text) => new RegExp(`\\b${name}\\b`).test(text))),
    [],
  );
});

/** A path that stands for any kind (`<kind>`) is there if one kind has it. */
function isThere(printed: string): boolean {
  const pattern = printed.replace(/<\w+>/g, '*');
  return /[*{]/.test(pattern) ? globSync(pattern, { cwd: ROOT }).length > 0 : existsSync(join(ROOT, printed));
}

test('every figure of the README is among all figures in the page about performance', () => {
  const all = page('performance').text;
  const figures = rowsOf(readDocument('README.md'), '## Measured').flatMap(
    (cells) =>
      cells
        .slice(1)
        .join(' ')
        .match(/\d[\d,.]*\d/g) ?? [],
  );
  assert.ok(figures.length > 15);
  assert.deepEqual(
    figures.filter((figure) => !all.includes(figure)),
    [],
  );
});

test('every environment variable that the code or the tests read is documented', () => {
  const guides = ALL.map(({ text }) => text).join('\n');
  const read = globSync(['src/**/*.ts', 'test/**/*.ts', 'scripts/*.ts'], { cwd: ROOT })
    .flatMap((file) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\b(?:CORDWOOD_|MONGODB_)[A-Z_]+\b/g)])
    .map(([name]) => name);
  assert.deepEqual(
    [...new Set(read)].filter((name) => !new RegExp(`\\b${name}\\b`).test(guides)),
    [],
  );
});

test('every npm script that a document prints is in package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const printed = ALL.flatMap(({ text }) =>
    [...text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:]+)/g)].map(([, name]) => name!),
  );
  assert.ok(printed.length > 5);
  assert.deepEqual(
    printed.filter((name) => !Object.hasOwn(scripts, name)),
    [],
  );
});

test('the pages name every kind, command, output format, field and flag of a message', () => {
  const configuration = page('configuration').text;
  for (const name of [...names(LISTENERS), ...names(STORES), ...names(STAGES)])
    assert.ok(configuration.includes(`\`${name}\``), name);
  for (const name of [...names(RULES), ...names(NOTIFIERS)])
    assert.ok(page('alerts').text.includes(`\`${name}\``), name);
  const commandLine = page('command-line').text;
  for (const name of names(COMMANDS)) assert.ok(commandLine.includes(`| \`cordwood ${name}\` |`), name);
  for (const name of names(FORMATS)) assert.ok(commandLine.includes(`| \`${name}\` |`), name);
  const language = page('query-language').text;
  for (const name of [...FIELD_NAMES, ...FLAGS]) assert.ok(language.includes(`\`${name}\``), name);
});

test('the pages have a row for every key of the configuration', () => {
  assert.deepEqual(missingRows('configuration', '## Keys', Object.keys(settingsSchema.shape)), []);
  assert.deepEqual(missingRows('configuration', '## Listeners', keysOf(LISTENERS)), []);
  assert.deepEqual(missingRows('forward', '## Keys', keysOf(FORWARDS)), []);
  assert.deepEqual(missingRows('configuration', '## Streams', Object.keys(streamSchema.shape)), []);
  assert.deepEqual(missingRows('mongodb', '## Setting it up', keysOf(STORES)), []);
  assert.deepEqual(missingRows('alerts', '## Keys of a rule', keysOf(RULES)), []);
  assert.deepEqual(missingRows('alerts', '## Mail', Object.keys(mailSchema.shape)), []);
  assert.deepEqual(missingRows('alerts', '## Webhooks', keysOf(NOTIFIERS)), []);
  assert.deepEqual(missingRows('alerts', '## Hosts that fall silent', Object.keys(silenceSchema.shape)), []);
  assert.deepEqual(missingRows('alerts', '## The daily digest', Object.keys(digestSchema.shape)), []);
  assert.deepEqual(missingRows('security', '## TLS', Object.keys(tlsSchema.shape)), []);
  const stages = page('configuration').text.split('## The pipeline')[1]!;
  assert.deepEqual(
    keysOf(STAGES).filter((key) => key !== 'kind' && !stages.includes(`\`${key}\``) && !stages.includes(`\`${key}:`)),
    [],
  );
});

/** Keys without a row in the table below that heading; `kind` needs none. */
function missingRows(name: string, heading: string, keys: readonly string[]): string[] {
  const firsts = rowsOf(page(name), heading)
    .map(([first]) => first!)
    .join(' ');
  return keys.filter((key) => key !== 'kind' && !firsts.includes(`\`${key}\``));
}

function keysOf(kinds: readonly { readonly schema: unknown }[]): string[] {
  return kinds.flatMap(({ schema }) => Object.keys((schema as { readonly shape: object }).shape));
}

test('the page about operations has a row for every limit of a listener, and for every reason to drop, refuse, close or pause', () => {
  const limits = LISTENERS.flatMap(({ schema }) => Object.keys(schema.shape)).filter((key) =>
    /^max_|_timeout$|^receive_buffer$|^backlog$/.test(key),
  );
  const table = page('operations').text.split('## Limits')[1]!.split('\n## ')[0]!;
  for (const key of limits) assert.ok(table.includes(`\`${key}\``), key);
  const reasons = names(COUNTERS).filter((name) =>
    /^(dropped|paused|truncated|connections\.(refused|closed))/.test(name),
  );
  for (const name of reasons) assert.ok(table.includes(`\`${name}\``), name);
});
