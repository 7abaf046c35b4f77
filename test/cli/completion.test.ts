import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Flag, SOURCES } from '../../src/cli/args/flag.ts';
import { COMMANDS, loadCommands } from '../../src/cli/commands/registry.ts';
import { SHELLS } from '../../src/cli/completion/registry.ts';
import { needs } from '../support/require.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { runFake } from './fake.ts';

const commands = await loadCommands();
const scriptOf = (name: string): string => SHELLS.find((shell) => shell.name === name)!.script(commands);
const spellings = ({ name, aliases = [], short }: Flag): string[] => [
  ...[name, ...aliases].map((long) => `--${long}`),
  ...(short === undefined ? [] : [`-${short}`]),
];

test('the completion of bash has every command, action and flag of the table', () => {
  const script = scriptOf('bash');
  const words = (pattern: RegExp): string[] => pattern.exec(script)?.[1]?.split(' ') ?? [];
  assert.deepEqual(words(/^__cordwood_commands='(.*)'$/m), [
    ...COMMANDS.map(({ name }) => name),
    '--help',
    '--version',
  ]);
  for (const { name, flags, actions = [] } of commands) {
    assert.deepEqual(words(new RegExp(`^    ${name}\\) flags='(.*)' ;;$`, 'm')), flags.flatMap(spellings), name);
    const names = words(new RegExp(`^    ${name}\\) actions='(.*)' ;;$`, 'm'));
    assert.deepEqual(
      names,
      actions.map((action) => action.name),
      name,
    );
  }
});

test('the completion of zsh has every command, action and flag of the table, with its meaning', () => {
  const script = scriptOf('zsh');
  const entries = (text: string | undefined): string[] => {
    return [...(text ?? '').matchAll(/^ +'([^:]+):(.*)'$/gm)].map(([, name, about]) => {
      assert.notEqual(about, '');
      return name!;
    });
  };
  const [flagTable, rest] = script.split('__cordwood_actions() {');
  const block = (table: string, name: string): string[] =>
    entries(new RegExp(`^    ${name}\\)\n([^)]*(?:\\)(?! ;;)[^)]*)*)`, 'm').exec(table)?.[1]);
  for (const { name, flags, actions = [] } of commands) {
    assert.deepEqual(block(flagTable!.split('__cordwood_flags() {')[1]!, name), flags.flatMap(spellings), name);
    assert.deepEqual(
      block(rest!.split('__cordwood_value() {')[0]!, name),
      actions.map((action) => action.name),
      name,
    );
    assert.match(flagTable!, new RegExp(`^ +'${name}:.+'$`, 'm'));
  }
});

test('the completion of fish has every command, action and flag of the table', () => {
  const lines = scriptOf('fish').split('\n');
  for (const { name, flags, actions = [] } of commands) {
    assert.ok(
      lines.some((line) => line.includes(`-n '__fish_use_subcommand' -a '${name}' -d `)),
      name,
    );
    const own = lines.filter((line) => line.startsWith(`complete -c cordwood -n '__cordwood_in ${name}`));
    for (const spelling of flags.flatMap(spellings)) {
      const option = spelling.startsWith('--') ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`;
      assert.equal(own.filter((line) => ` ${line} `.includes(` ${option} `)).length, 1, `${name} ${spelling}`);
    }
    for (const action of actions)
      assert.ok(
        own.some((line) => line.includes(` -a '${action.name}' -d `)),
        action.name,
      );
  }
});

test('every choice of a flag is in all three completions', () => {
  const scripts = SHELLS.map(({ name }) => scriptOf(name));
  for (const { flags } of commands) {
    for (const { choices } of flags) {
      if (choices) for (const script of scripts) assert.ok(script.includes(choices.join(' ')), choices.join(' '));
    }
  }
});

for (const { name } of SHELLS) {
  test(`${name} -n finds no error in its completion`, { skip: needs(name) }, () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'script');
    writeFileSync(file, scriptOf(name));
    assert.equal(execFileSync(name, ['-n', file], { encoding: 'utf8' }), '');
  });
}

test('fish lists the flags of every command', { skip: needs('fish') }, () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'script');
  writeFileSync(file, scriptOf('fish'));
  const asked = commands.map(({ name }) => `echo "== ${name}"; complete -C "cordwood ${name} --"`).join('\n');
  const printed = execFileSync('fish', ['--no-config', '-c', `source ${file}\n${asked}`], {
    encoding: 'utf8',
    env: { ...process.env, HOME: folder.path },
  });
  for (const part of printed.split('== ').slice(1)) {
    const [name, ...offered] = part.trimEnd().split('\n');
    const flags = commands.find((command) => command.name === name)!.flags;
    const long = flags.flatMap(spellings).filter((spelling) => spelling.startsWith('--'));
    assert.deepEqual(offered.map((line) => line.split('\t')[0]!).sort(), long.sort(), name);
  }
});

test('the completion of a shell is printed, and of another one refused', async () => {
  const { code, stdout } = await runFake(['completion', 'bash']);
  assert.deepEqual([code, stdout], [0, scriptOf('bash')]);
  const refused = [
    [[], /name the shell, one of bash, zsh, fish/],
    [['fishy'], /cannot print a completion for "fishy": known are bash, zsh, fish; did you mean "fish"\?/],
    [['bash', 'zsh'], /cannot read "zsh": completion takes one word/],
  ] as const;
  for (const [words, want] of refused) {
    const outcome = await runFake(['completion', ...words]);
    assert.equal(outcome.code, 2);
    assert.match(outcome.stderr, want);
  }
  const { stdout: help } = await runFake(['completion', '--help']);
  for (const { install, file } of SHELLS) assert.ok(help.includes(install) && help.includes(file), install);
});

test('what the completions ask for is known to cordwood complete', () => {
  const asked = SHELLS.flatMap(({ name }) => [
    ...scriptOf(name).matchAll(/completion='(\w+)'|__cordwood_ask (\w+)\)/g),
  ]);
  const names = new Set(asked.map(([, posix, fish]) => posix ?? fish!));
  assert.ok(names.size > 5);
  assert.deepEqual(
    [...names].filter((name) => !(SOURCES as readonly string[]).includes(name)),
    [],
  );
});
