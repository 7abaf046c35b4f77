import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Args, readArgs } from '../../src/cli/args/args.ts';
import { COMMANDS } from '../../src/cli/commands/registry.ts';
import { SEARCH_FLAGS } from '../../src/cli/commands/search-flags.ts';

function shown(args: Args): Record<string, unknown> {
  const given = SEARCH_FLAGS.filter(({ name }) => args.has(name));
  return {
    ...Object.fromEntries(given.map(({ name, many }) => [name, many ? args.all(name) : args.text(name)])),
    ...(args.words.length > 0 && { words: args.words }),
  };
}

function ok(line: string, want: Record<string, unknown>): void {
  test(line, () => assert.deepEqual(shown(readArgs(line.split(' '), SEARCH_FLAGS)), want));
}

function bad(line: string, want: RegExp): void {
  test(line, () => assert.throws(() => readArgs(line.split(' '), SEARCH_FLAGS), { code: 'ERR_USAGE', message: want }));
}

ok('-S -1h', { since: '-1h' });
ok('-S-1h -U +5m', { since: '-1h', until: '+5m' });
ok('--since=-1h --until now', { since: '-1h', until: 'now' });
ok('--from yesterday --to today', { since: 'yesterday', until: 'today' });
ok('-n error', { lines: '10', words: ['error'] });
ok('-n 5 error', { lines: '5', words: ['error'] });
ok('-n5', { lines: '5' });
ok('-n 1k', { lines: '1k' });
ok('-n all', { lines: 'all' });
ok('-n +7', { lines: '+7' });
ok('-n', { lines: '10' });
ok('-fn error', { follow: '', lines: '10', words: ['error'] });
ok('-fn 20', { follow: '', lines: '20' });
ok('--tail=3', { lines: '3' });
ok('--lines error', { lines: '10', words: ['error'] });
ok('-rq -n -f', { reverse: '', quiet: '', lines: '10', follow: '' });
ok('-p err -p debug', { priority: 'debug' });
ok('-H a -H b', { host: ['a', 'b'] });
ok('-v -x', { exclude: ['-x'] });
ok('-g -5', { grep: ['-5'] });
ok('a -n 3 b', { lines: '3', words: ['a', 'b'] });
ok('-- -debug -n', { words: ['-debug', '-n'] });
ok('-o json --fields a,b', { output: 'json', fields: 'a,b' });
ok('--colour never', { color: 'never' });

bad('-debug', /^cannot read -d: unknown flag; put words that begin with - after --$/);
bad('--sinse now', /^cannot read --sinse: unknown flag; did you mean "--since"\?$/);
bad('--nothing-like-it', /^cannot read --nothing-like-it: unknown flag; --help lists the flags$/);
bad('-u nginx', /^cannot read -u: unknown flag; write -t PROGRAM; put words that begin with - after --$/);
bad('-k', /^cannot read -k: unknown flag; write --facility kern; put words/);
bad('-20', /^cannot read -2: unknown flag; write -n N for N lines; put words/);
bad('--unit=nginx', /^cannot read --unit: unknown flag; write -t PROGRAM$/);
bad('--format json', /^cannot read --format: unknown flag; write -o FORMAT$/);
bad('--disk-usage', /^cannot read --disk-usage: unknown flag; write cordwood streams$/);
bad('-S', /^cannot read -S: it needs a value: -S TIME$/);
bad('-o jsn', /^cannot read -o jsn: use one of short, .*did you mean "json"\?$/);
bad('--follow=yes', /^cannot read --follow=yes: --follow takes no value$/);

test('a flag that counts refuses what is not a whole number, or is too small', () => {
  const read = (text: string) => readArgs(['-A', text], SEARCH_FLAGS).count('after');
  assert.equal(read('3'), 3);
  for (const text of ['-3', '1.5', 'x', '', '99999999999'])
    assert.throws(() => read(text), /takes a whole number, 0 or more/);
});

test('every command has flags with distinct names, and at least two examples', async () => {
  for (const { load } of COMMANDS) {
    const command = await load();
    const names = command.flags.flatMap(({ name, short, aliases = [] }) => [
      name,
      ...aliases,
      ...(short ? [short] : []),
    ]);
    assert.deepEqual(names, [...new Set(names)], command.name);
    assert.ok(command.examples.length >= 2, command.name);
  }
});
