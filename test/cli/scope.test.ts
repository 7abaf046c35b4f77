import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { readArgs } from '../../src/cli/args/args.ts';
import { fieldList, scopeOf } from '../../src/cli/args/scope.ts';
import { SEARCH_FLAGS } from '../../src/cli/commands/search-flags.ts';
import { compile } from '../../src/model/matches.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { parseQuery } from '../../src/query/index.ts';
import { message, NOW } from './fake.ts';

async function scope(...argv: string[]) {
  const args = readArgs(argv, SEARCH_FLAGS);
  return scopeOf(args, args.words, NOW);
}

function ok(argv: string[], want: string[]): void {
  test(argv.join(' '), async () => {
    const { query, filters = [] } = await scope(...argv);
    assert.deepEqual([...(query === undefined ? [] : [query]), ...filters.map(({ text }) => text)], want);
    for (const text of want) parseQuery(text, { now: NOW });
  });
}

function bad(argv: string[], want: RegExp): void {
  test(argv.join(' '), () => assert.rejects(scope(...argv), { code: 'ERR_USAGE', message: want }));
}

ok([], []);
ok(['-p', 'err'], ['severity:<=err']);
ok(['-p', '3'], ['severity:<=err']);
ok(['-p', 'warning..err'], ['severity:[err TO warning]']);
ok(['-p', 'err..warn'], ['severity:[err TO warning]']);
ok(['-H', 'web1'], ['hostname:web1']);
ok(['-H', 'web*', '-H', 'db-1'], ['hostname:(web* OR db-1)']);
ok(['-t', 'postfix/smtpd'], ['appname:"postfix/smtpd"']);
ok(['-t', 'a b*'], ['appname:a\\ b*']);
ok(['--facility', 'auth,10'], ['facility:(auth OR authpriv)']);
ok(['-g', 'timed? out'], ['message:/timed? out/i']);
ok(['-g', 'Timed'], ['message:/Timed/']);
ok(['-g', '\\S+\\pL\\p{Lu} x'], ['message:/\\S+\\pL\\p{Lu} x/i']);
ok(['-g', 'a/b\\/c'], ['message:/a\\/b\\/c/i']);
ok(['-v', 'debug OR noise'], ['NOT (debug OR noise)']);
ok(['disk', 'full'], ['disk full']);
ok(['hostname=a', 'hostname=b', 'app=c d', 'x'], ['x', 'hostname:(a OR b)', 'appname:"c d"']);
ok(['user=root', 'time=30ms'], ['user=root time=30ms']);
ok(['sd.origin.ip=10.0.0.1'], ['sd.origin.ip:10.0.0.1']);
bad(['-p', 'eror'], /^cannot read -p eror: use one of .*did you mean "err"/);
bad(['-p', 'err..info..debug'], /^cannot read -p/);
bad(['--facility', 'auht'], /did you mean "auth"/);
bad(['-S', 'neverland'], /^cannot read the time "neverland"/);
bad(['--utc', '--timezone', 'Europe/Berlin'], /use either --utc or --timezone/);

test('times are read in the same zone as they are shown', async () => {
  assert.equal((await scope('-S', '2026-11-22 01:00', '--timezone', 'Europe/Berlin')).since, Date.UTC(2026, 10, 22, 0));
  assert.equal((await scope('-S', '2026-11-22 01:00', '--utc')).since, Date.UTC(2026, 10, 22, 1));
  assert.deepEqual(await scope('-S', 'all'), { since: 'all' });
  assert.deepEqual(await scope('-S', '-1h', '-U', 'now'), { since: NOW - 3_600_000, until: NOW });
});

/** Whether the flags match a message, read as the server reads them. */
async function finds(found: LogMessage, ...argv: string[]): Promise<boolean> {
  const { query = '', filters = [] } = await scope(...argv);
  return [query, ...filters.map(({ text }) => text)].every((text) => compile(parseQuery(text, { now: NOW }))(found));
}

test('no value of a flag is read as query syntax', async () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/[*?]/.test(text));
  await fc.assert(
    fc.asyncProperty(value, async (text) => {
      assert.ok(await finds(message({ hostname: text }), `--host=${text}`), 'matches');
      assert.ok(!(await finds(message({ hostname: `${text}x` }), `--host=${text}`)), 'matches no other');
      assert.ok(await finds(message({ appname: text }), `appname=${text}`), 'matches as a word');
    }),
  );
});

test('wildcards work in a glob with any other characters', async () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !/[*?]/.test(text));
  await fc.assert(
    fc.asyncProperty(value, value, async (a, b) => {
      assert.ok(await finds(message({ hostname: `${a} any ${b}` }), `--host=${a}*${b}`));
    }),
  );
});

test('a list of fields takes names and aliases', async () => {
  assert.deepEqual(await fieldList('host, level,sd.a.b,fields.x', '--fields'), [
    'hostname',
    'level',
    'sd.a.b',
    'fields.x',
  ]);
  await assert.rejects(
    fieldList('hostnme', '--fields'),
    /^CordwoodError: cannot read --fields hostnme: unknown field "hostnme"; did you mean/,
  );
});
