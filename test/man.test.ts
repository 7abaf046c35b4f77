import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { manPages } from '../scripts/man.ts';
import { settingsJsonSchema } from '../scripts/schema.ts';
import { COMMANDS, loadCommands } from '../src/cli/commands/registry.ts';
import { roff } from '../scripts/roff.ts';
import { needs } from './support/require.ts';
import { temporaryFolder } from './support/tmp.ts';

const pages = await manPages();
const commands = await loadCommands();

const folder = temporaryFolder();
const fileOf = (name: string): string => join(folder.path, `man${name.at(-1)}`, name);
before(() => {
  for (const section of ['man1', 'man5']) mkdirSync(join(folder.path, section));
  for (const { file, text } of pages) writeFileSync(fileOf(file), text);
});
after(() => folder[Symbol.dispose]());

/** The page as mandoc prints it, without its overstrikes and on long lines. */
function printed(file: string): string {
  const text = execFileSync('mandoc', ['-T', 'utf8', '-O', 'width=400', fileOf(file)], { encoding: 'utf8' });
  return text.replaceAll(/.\x08/gu, '');
}

test('there is a page for the program, for each command and for the configuration', () => {
  const names = ['cordwood.1', ...COMMANDS.map(({ name }) => `cordwood-${name}.1`), 'cordwood.yaml.5'];
  assert.deepEqual(
    pages.map(({ file }) => file),
    names,
  );
});

test('mandoc has nothing to warn of in any page', { skip: needs('mandoc') }, () => {
  const files = pages.map(({ file }) => fileOf(file));
  assert.equal(execFileSync('mandoc', ['-T', 'lint', '-W', 'warning', ...files], { encoding: 'utf8' }), '');
});

test('groff has nothing to warn of, either', { skip: needs('groff') }, () => {
  const files = pages.map(({ file }) => fileOf(file));
  const script = 'groff -man -ww -Tutf8 -P-c "$@" 2>&1 >/dev/null';
  assert.equal(execFileSync('sh', ['-c', script, 'sh', ...files], { encoding: 'utf8' }), '');
});

test('every flag and action of every command is in its page, as it is typed', { skip: needs('mandoc') }, () => {
  for (const { name, flags, actions = [], examples } of commands) {
    const text = printed(`cordwood-${name}.1`);
    for (const { name: flag, short, aliases = [], value, help } of flags) {
      const spellings = [...(short === undefined ? [] : [`-${short}`]), ...[flag, ...aliases].map((one) => `--${one}`)];
      const tag = text.split('\n').find((line) => `${line.trimStart()} `.startsWith(`${spellings.join(', ')} `));
      assert.ok(tag, `${name} ${spellings.join(', ')}`);
      if (value !== undefined) assert.ok(tag.includes(value), `${name} --${flag} ${value}`);
      assert.ok(text.includes(help), `${name}: ${help}`);
    }
    for (const action of actions) assert.match(text, new RegExp(`^ +cordwood ${name} \\[flags\\] ${action.name}`, 'm'));
    for (const [line, meaning] of examples) assert.ok(text.includes(line) && text.includes(meaning), line);
    assert.match(text, /^EXIT STATUS$/m, name);
    assert.match(text, /^SEE ALSO$/m, name);
  }
});

test('no page has a dash that becomes a hyphen, or a character that is no ASCII', () => {
  for (const { file, text } of pages) {
    assert.match(text, /^[\x20-\x7e\n]*$/, file);
    assert.doesNotMatch(text.replaceAll(/^\.\w\w.*$/gm, ''), /(?<!\\)-/, file);
  }
});

test('hostile text is printed as it is, never read as roff', { skip: needs('mandoc') }, () => {
  const hostile = ['.so /etc/passwd', "'so /etc/passwd", '\\fBbold', '--flag', 'a\\', '"quoted"', "it's `x` ^ ~ – é …"];
  const text = ['.TH X 1 2026-11-30', '.SH X', ...hostile.flatMap((line) => ['.PP', `\\&${roff(line)}`])].join('\n');
  const shown = execFileSync('mandoc', ['-T', 'utf8', '-O', 'width=200'], { input: text, encoding: 'utf8' });
  for (const line of hostile) assert.ok(shown.includes(line), line);
});

test('cordwood.yaml(5) has every key, with its type and default', { skip: needs('mandoc') }, () => {
  const text = printed('cordwood.yaml.5');
  const check = (schema: Schema, path: string): void => {
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      if (key === 'kind') continue;
      assert.match(text, new RegExp(`^ +${`${path}${key}`.replaceAll('.', '\\.')}( |$)`, 'm'), `${path}${key}`);
      if (value.description !== undefined) assert.ok(text.includes(value.description.slice(1)), value.description);
      // The keys of the file have a heading of their own, and those in them begin anew.
      check(value.items ?? value, path === '' && schema === root ? '' : `${path}${key}.`);
      for (const kind of (value.items ?? value).oneOf ?? []) check(kind, '');
    }
  };
  const root = settingsJsonSchema() as Schema;
  check(root, '');
  assert.match(text, /Disk space for messages that are not stored yet.*Default: 8GiB\./);
  assert.match(text, /^ +listen of kind relp$/m);
});

type Schema = {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
};

test('SOURCE_DATE_EPOCH makes two builds equal', async () => {
  process.env['SOURCE_DATE_EPOCH'] = '1790000000';
  try {
    const [first] = await manPages();
    assert.match(first!.text, /^\.TH "CORDWOOD" "1" "2026-09-21" "Cordwood [\d.]+" "Cordwood"$/m);
  } finally {
    Reflect.deleteProperty(process.env, 'SOURCE_DATE_EPOCH');
  }
});

test('man finds a page by its name', { skip: needs('man') }, () => {
  const env = { ...process.env, MANPATH: folder.path, MANPAGER: 'cat', MANWIDTH: '80' };
  assert.match(execFileSync('man', ['cordwood-search'], { env, encoding: 'utf8' }), /find messages and show them/);
});
