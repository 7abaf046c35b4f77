import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, parseQuery, QueryError } from '../../src/query/index.ts';

const CONTEXT = { now: Date.UTC(2026, 10, 29, 12), zone: 'UTC' };

/** The query as it was read, the error, and the hints. */
function read(text: string): { query?: string; error?: string; hints: string[] } {
  const hints: string[] = [];
  try {
    return { query: format(parseQuery(text, { ...CONTEXT, hint: (hint) => hints.push(hint) })), hints };
  } catch (error) {
    assert.ok(error instanceof QueryError);
    return { error: error.reason, hints };
  }
}

/** What people write who come from another tool, and what is read instead. */
const MEANT: readonly (readonly [from: string, text: string, query: string])[] = [
  ['logfmt', 'level=error', 'severity:err'],
  ['programming', 'host:web1 && app:nginx', 'hostname:web1 appname:nginx'],
  ['programming', 'host==web1', 'hostname:web1'],
  ['programming', 'host != "web1"', 'NOT hostname:web1'],
  ['SQL', "hostname='web1' AND severity<=3", 'hostname:web1 severity:<=err'],
  ['SQL', 'host<>web1', 'NOT hostname:web1'],
  ['SQL', 'app = sshd', 'appname:sshd'],
  ['Loki', 'host=~"web.*"', 'hostname:/^(?:web.*)$/'],
  ['Loki', 'host!~"web.*"', 'NOT hostname:/^(?:web.*)$/'],
  ['Loki', 'app!=cron error', 'NOT appname:cron error'],
  ['Kibana', 'message:/re/', '/re/'],
  ['Kibana', 'host.name:web1', 'hostname:web1'],
  ['Kibana', 'host:(web1 or web2)', 'hostname:web1 OR hostname:web2'],
  ['Kibana', '_exists_:host', 'hostname:*'],
  ['habit', 'severity>3', 'severity:>err'],
  ['habit', 'severity != 3', 'NOT severity:err'],
  ['habit', 'hostname="a"', 'hostname:a'],
  ['habit', '-foo !bar', 'NOT foo NOT bar'],
  ['habit', '*', '*'],
  ['journalctl', '_SYSTEMD_UNIT=x.service', 'appname:x'],
  ['journalctl', '_PID!=1', 'NOT procid:1'],
];

for (const [from, text, query] of MEANT) {
  test(`${text} of ${from} is read as ${query}`, () => {
    assert.deepEqual(read(text).error, undefined);
    assert.equal(read(text).query, query);
  });
}

/** What stays text, with a hint that says what to write. */
const HINTED: readonly (readonly [from: string, text: string, hint: RegExp])[] = [
  ['Loki', '{host="web1"} |= "err"', /^labels in braces were read as text; write host:web1 app:nginx$/],
  ['Loki', 'foo |= "bar"', /^\| was read as text; write further terms beside the first/],
  ['a shell', 'foo | grep bar', /^\| was read as text; .* cordwood count, top or hist$/],
  ['grep -E', 'error|warning', /^\| was read as text; write OR between the two$/],
  ['grep', '^error', /^a pattern was read as text; write it between slashes/],
  ['grep', 'foo.*bar', /^a pattern was read as text/],
  ['SQL', 'select * from logs', /^SQL was read as text; write terms/],
  ['SQL', 'message like x', /^"like" was read as text; write message:\*part\*$/],
  ['SQL', 'host in (a, b)', /^"in" was read as text; write host:\(web1 OR web2\)$/],
  ['SQL', 'hostname is null', /_exists_:host/],
  ['SQL', '%error%', /^% was read as text; wildcards are \*/],
  ['Lucene', 'foo~2', /there is no fuzzy search and no boost$/],
  ['journalctl', '_TRANSPORT=kernel', /^this field of journalctl is not stored/],
  ['habit', 'flags:nohostname', /^no flag is called "nohostname"; did you mean "no_hostname"\?$/],
  ['habit', 'flags:late', /^no flag is called "late"; flags are no_pri /],
  ['habit', 'severity:[err TO emerg]', /^err is above emerg, since .*; write severity:\[emerg TO err\]$/],
  ['habit', 'fields.status:[599 TO 500]', /^599 is above 500: .*; write fields\.status:\[500 TO 599\]$/],
  ['habit', 'time:[now TO -1h]', /^now is above -1h: .*; write timestamp:\[-1h TO now\]$/],
  ['logfmt', 'level=error', /^level= was read as the field; for the text, put it in quotes/],
];

for (const [from, text, hint] of HINTED) {
  test(`${text} of ${from} is searched, with a hint`, () => {
    const { error, hints } = read(text);
    assert.equal(error, undefined);
    assert.equal(hints.length, 1, hints.join('; '));
    assert.match(hints[0]!, hint);
  });
}

/** What is an error that says what to write. */
const REFUSED: readonly (readonly [text: string, error: string])[] = [
  ['NOT foo AND', 'at character 12: a term is missing after AND'],
  ['"unclosed', 'at character 1: this quote is not closed: add one at its end, or write \\" to search for it'],
  [
    'host: web1',
    'at character 6: "host:" has no value: write host:web1 without a blank; to search for text with a colon, put it in quotes',
  ],
  [
    'user:ada',
    'at character 1: unknown field "user"; for a field of the message write fields.user, for a parameter of structured data sd.ID.user (to search for it as text, put it in quotes)',
  ],
  [
    'exampleSDID@32473.user:ada',
    'at character 1: unknown field "exampleSDID@32473.user"; for structured data write sd.exampleSDID@32473.user (to search for it as text, put it in quotes)',
  ],
  [
    'since:1h',
    'at character 1: unknown field "since"; the window is given by --since and --until, e.g. -S 1h (to search for it as text, put it in quotes)',
  ],
  [
    'facility:auth,authpriv',
    'at character 10: unknown facility "auth,authpriv"; for several write facility:(auth OR authpriv)',
  ],
  [
    'source.ip:10.0.0.0/8',
    'at character 11: 10.0.0.0/8 is a network, and source.ip matches addresses only: write source.ip:10.0.*',
  ],
  ['severity:err..emerg', 'at character 10: a range is written severity:[emerg TO err]'],
  ['severity:0-3', 'at character 10: a range is written severity:[emerg TO err]'],
];

for (const [text, error] of REFUSED) {
  test(`${text} is refused, with what to write instead`, () => assert.equal(read(text).error, error));
}

test('text that only looks like another language is searched without a hint', () => {
  const texts = [
    'disk 95%',
    'source.ip:10.0.*',
    'hostname:web.*',
    'WEB1$',
    'user=ada',
    '"a | b"',
    '/^foo|bar$/',
    '@host',
  ];
  for (const text of [...texts, 'found in (cache)', '{"a":1}', '10.0.0.1', 'a=b', '_SYSTEMD_UNIT=x'])
    assert.deepEqual(read(text).hints, [], text);
});

test('a severity above another may be meant the other way round, which a hint says', () => {
  const hint = /^severities above another are less severe, .* for err and worse write severity:<=err$/;
  for (const text of ['severity:>=err', 'severity>err', 'severity > 3', 'a (priority:>warning)', 'level:>=warn']) {
    const { error, hints } = read(text);
    assert.deepEqual([error, hints.filter((each) => hint.test(each)).length], [undefined, 1], text);
  }
  for (const text of ['severity:<=err', '"severity:>=err"', 'severity:err', 'fields.severity:>3'])
    assert.ok(!read(text).hints.some((each) => hint.test(each)), text);
});
