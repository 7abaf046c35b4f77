import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readArgs } from '../../src/cli/args/args.ts';
import { scopeOf } from '../../src/cli/args/scope.ts';
import { SEARCH_FLAGS } from '../../src/cli/commands/search-flags.ts';
import { compile } from '../../src/model/matches.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { and, parseQuery } from '../../src/query/index.ts';
import { message } from './fake.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/query-language.md'), 'utf8');
const TABLE = PAGE.split('## Typical slips')[1]!.split('\n## ')[0]!;
const ROWS = TABLE.split('\n').filter((line) => line.startsWith('| `'));

/** Messages of which some match each row of the table, and some do not. */
const MESSAGES: LogMessage[] = ['web1', 'web2', 'web3', 'db1', 'other'].flatMap((hostname, index) =>
  ['error', 'error timeout', 'error debug', 'nginx is up', 'haproxy', 'DOMAIN\\jdoe is in'].map((text, at) =>
    message({
      hostname,
      appname: at % 2 ? 'nginx' : 'sshd',
      severity: (index + at) % 8,
      message: text,
      fields: { status: 100 * (index + at) },
    }),
  ),
);

async function read(line: string) {
  const argv = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const args = readArgs(argv, SEARCH_FLAGS);
  const { query = '', filters = [], since } = await scopeOf(args, args.words, NOW);
  const matches = compile(
    and([query, ...filters.map(({ text }) => text)].map((text) => parseQuery(text, { now: NOW }))),
  );
  return { since, found: MESSAGES.map((each, index) => (matches(each) ? index : -1)).filter((index) => index >= 0) };
}

test('the table of typical slips has twelve rows or more', () => assert.ok(ROWS.length >= 12));

for (const row of ROWS) {
  const [written, meant] = row.split(' | ').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!));
  for (const slip of written!) {
    test(`${slip} is read as ${meant![0]}`, async () => {
      const answer = await read(slip);
      assert.deepEqual(answer, await read(meant![0]!));
      assert.ok(answer.found.length > 0, 'finds something');
    });
  }
}
