import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSettings } from '../../src/config/index.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { errorOf, MAIL, rule, testSlips } from './slips-kit.ts';

const KEYS = 'kind, name, address, allow, rate, zone, max_frame, inflate, receive_buffer';

testSlips([
  ['a tab', 'listen:\n\t- kind: udp\n', ['line 2:1: a tab indents this line; indent with spaces']],
  [
    'a * without quotes, twice, beside another fault',
    'listen:\n  - {kind: udp, address: *:514}\n  - kind: tcp\n    address: *:514 # all\nzone: Berlin\n',
    [
      'line 2:26: a value that begins with * means something else in YAML; put it in quotes: "*:514"',
      'line 4:14: a value that begins with * means something else in YAML; put it in quotes: "*:514"',
      'line 5:7: zone: "Berlin" is not a time zone; did you mean "Europe/Berlin"?',
    ],
  ],
  [
    'a ! without quotes',
    rule('    query: !cron\n'),
    ['line 4:12: a value that begins with ! means something else in YAML; put it in quotes: "!cron"'],
  ],
  [
    'a % without quotes',
    'zone: %UTC\n',
    ['line 1:7: a value that begins with % means something else in YAML; put it in quotes: "%UTC"'],
  ],
  [
    'an & without quotes',
    'data: &x\n',
    ['line 1:7: a value that begins with & means something else in YAML; put it in quotes: "&x"'],
  ],
  [
    'a text instead of a list',
    `${rule('    query: x\n    by: hostname\n').replace('[]', 'ops@example.org')}${MAIL}`,
    [
      'line 5:9: alerts[0].by: "hostname" is not a list; write [hostname]',
      'line 6:9: alerts[0].to: "ops@example.org" is not a list; write [ops@example.org]',
    ],
  ],
  [
    'no blank after the colon, in several lines',
    'data:/var/lib/x\nlisten:\n  - kind:udp\n    address: 127.0.0.1:514\n',
    [
      'line 1:1: a blank is missing after the colon; write data: /var/lib/x',
      'line 3:5: a blank is missing after the colon; write kind: udp',
    ],
  ],
  [
    'no blank after the colon, in the only line',
    'data:/var/lib/x\n',
    ['line 1:1: "data:/var/lib/x" is not a group of keys: a blank is missing after the colon; write data: /var/lib/x'],
  ],
  ['= instead of a colon', '[server]\ndata=/a\n', ['line 2:1: a colon and a blank follow a key; write data: /a']],
  ['a key twice', 'data: /a\nzone: UTC\ndata: /b\n', ['line 3:1: data occurs twice; remove one of the two']],
  [
    'a key at the wrong level',
    'listen:\n  - kind: udp\n    address: 127.0.0.1:514\n    keep: 30d\n',
    [`line 4:5: listen[0].keep: unknown key (set to "30d"); it belongs to streams[]; known here: ${KEYS}`],
  ],
  ['an unknown key', 'lisen: []\n', ['line 1:1: lisen: unknown key; did you mean "listen"?']],
  [
    'a duration without its unit, and with a word for it',
    'streams:\n  - {name: default, keep: 7}\n  - {name: b, match: x, keep: 7days}\n  - {name: c, match: x, keep: 1 week}\n',
    [
      'line 2:27: streams[0].keep: 7 is neither a duration with its unit, e.g. 30d, nor forever; write 7d',
      'line 3:31: streams[1].keep: "7days" is neither a duration with its unit, e.g. 30d, nor forever; write 7d',
      'line 4:31: streams[2].keep: "1 week" is neither a duration with its unit, e.g. 30d, nor forever; write 1w',
    ],
  ],
  [
    'a size with half a unit',
    'max_disk: 50G\nspool: {max_size: 8589934592}\n',
    [
      'line 1:11: max_disk: "50G" is not a size with its unit, e.g. 64KiB, 2GiB; write 50GiB',
      'line 2:19: spool.max_size: 8589934592 is not a size with its unit, e.g. 64KiB, 2GiB; write 8GiB',
    ],
  ],
  [
    'a port out of range',
    'listen: [{kind: udp, address: "127.0.0.1:70000"}]\n',
    [
      'line 1:31: listen[0].address: "127.0.0.1:70000" is not an address and port, e.g. 0.0.0.0:514 or [::]:514: the highest port is 65535',
    ],
  ],
  [
    'an address without a port, a port alone, IPv6 without brackets',
    ['127.0.0.1', '514', '"::1:514"']
      .map((each) => `  - {kind: udp, address: ${each}}\n`)
      .join('')
      .replace(/^/, 'listen:\n'),
    [
      'line 2:26: listen[0].address: "127.0.0.1" is not an address and port, e.g. 0.0.0.0:514 or [::]:514; write 127.0.0.1:514',
      'line 3:26: listen[1].address: 514 is not an address and port, e.g. 0.0.0.0:514 or [::]:514; write "*:514", with the quotes, for all addresses',
      'line 4:26: listen[2].address: "::1:514" is not an address and port, e.g. 0.0.0.0:514 or [::]:514; write [::1]:514',
    ],
  ],
  [
    'a wrong kind',
    'listen: [{kind: upd, address: 127.0.0.1:514}, {kind: tls, address: 127.0.0.1:6514}]\n',
    [
      'line 1:17: listen[0].kind: "upd" is not one of: udp, tcp, relp; did you mean "udp"?',
      'line 1:54: listen[1].kind: "tls" is not one of: udp, tcp, relp; write kind: tcp and tls: {cert: …, key: …}',
    ],
  ],
  [
    'a group instead of a list',
    'listen:\n  kind: udp\n  address: 127.0.0.1:514\n',
    [
      'line 2:3: listen: {"kind":"udp","address":"127.0.0.1:514"} is not a list; write "- " before its first key, kind, and align the others with it',
    ],
  ],
  [
    'a list instead of a group',
    'spool:\n  - max_size: 8GiB\n',
    ['line 2:3: spool: [{"max_size":"8GiB"}] is not a group of keys; remove the "- " before its first key'],
  ],
  [
    'yes and no',
    'listen: [{kind: tcp, address: 127.0.0.1:514, keepalive: yes, inflate: No}]\n',
    [
      'line 1:57: listen[0].keepalive: "yes" is not true or false; write true',
      'line 1:71: listen[0].inflate: "No" is not true or false; write false',
    ],
  ],
  [
    'an unclosed quote',
    'data: "/var/lib/x\nzone: UTC\nlisten:\n  - {kind: udp, address: 127.0.0.1:514}\n',
    ['line 1:7: this quote is not closed; add a " at the end of its value'],
  ],
  [
    'an unclosed quote before another quoted value',
    'data: "/var/lib/x\nzone: "UTC"\n',
    ['line 1:7: this quote is not closed; add a " at the end of its value'],
  ],
  ['an unclosed bracket', 'listen: [{kind: udp}\nzone: UTC\n', ['line 1:9: this [ is not closed; add a ]']],
  [
    'an unclosed brace',
    'listen:\n  - {kind: udp, address: 127.0.0.1:514\n  - {kind: tcp, address: 127.0.0.1:514}\n',
    ['line 2:5: this { is not closed; add a }'],
  ],
  [
    'a missing comma',
    'listen: [{"kind": "udp" "address": "127.0.0.1:514"}]\n',
    ['line 1:25: a comma is missing before this'],
  ],
  [
    'a value that is quoted in part',
    rule('    query: "disk full" OR panic\n'),
    [`line 4:5: text follows the closing quote; write query: '"disk full" OR panic'`],
  ],
  [
    'a colon in a value',
    rule('    query: app: sshd\n'),
    ['line 4:5: the value contains a colon and a blank; write query: "app: sshd"'],
  ],
  [
    'a backslash in double quotes',
    rule('    query: "a\\d+"\n'),
    ["line 4:14: \\d means nothing in double quotes; use single quotes: '…'"],
  ],
  [
    'a key too far to the right',
    'listen:\n  - kind: udp\n     address: 127.0.0.1:514\n',
    ['line 3:6: this line begins in column 6, the key kind above it in column 5; align them'],
  ],
  [
    'a key too far to the left',
    'listen:\n  - kind: udp\n    address: 127.0.0.1:514\n   max_frame: 8KiB\n',
    [
      'line 4:4: this line begins in column 4, the keys above it in column 5 or 1; align it with the keys that it belongs to',
    ],
  ],
  [
    'keys below the - instead of below the first key',
    'alerts:\n  - name: a\n  kind: match\n  query: x\n',
    [
      'line 3:3: this line begins in column 3, the keys above it in column 5 or 1; align it with the keys that it belongs to',
    ],
  ],
  [
    'keys of other programs',
    'retention: 30d\nlisten:\n  - {kind: tcp, address: 127.0.0.1:514, Port: 514}\nsilence: {after: 15m}\n' +
      'mail: {from: a@example.org, smtp: "smtp://mail.example.org:25", user: logs}\n',
    [
      'line 1:1: retention: unknown key (set to "30d"); write streams: [{name: default, keep: 30d}]',
      "line 3:41: listen[0].Port: unknown key (set to 514); write both into address: '*:514', or '192.0.2.1:514'",
      'line 4:11: silence.after: unknown key (set to "15m"); no time is set: a rule of kind absence with \'hostname:web1\' has one',
      'line 5:65: mail.user: unknown key (set to "logs"); write it into smtp: smtps://user@mail.example.org:465',
    ],
  ],
  [
    'keys of rules of other programs',
    rule('    query: x\n    every: 5m\n    group-by: hostname\n'),
    [
      `line 5:5: alerts[0].every: unknown key (set to "5m"); write schedule: '*/5 * * * *'`,
      'line 6:5: alerts[0].group-by: unknown key (set to "hostname"); write by: [hostname]',
    ],
  ],
]);

test('an empty file, comments alone, Windows line ends and a byte order mark are no faults', async () => {
  for (const text of ['', '\n', '# nothing yet\n', '\ufeffdata: /a\r\nzone: UTC\r\n'])
    assert.equal(await errorOf(text), 'no error', JSON.stringify(text));
});

test('a file that cannot be read is named, with the reason', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  await assert.rejects(loadSettings({ config }, {}), /c\.yaml: it does not exist; correct --config, or omit it/);
  mkdirSync(config);
  await assert.rejects(loadSettings({ config }, {}), /c\.yaml: it is a folder; give the path of the file in it/);
  if (process.getuid!() === 0) return;
  const closed = join(folder.path, 'closed.yaml');
  writeFileSync(closed, '');
  chmodSync(closed, 0);
  await assert.rejects(loadSettings({ config: closed }, {}), /permission denied; join the group that owns it/);
});

test('a rule that asks for a stream that does not exist is noted', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  writeFileSync(config, `streams: [{name: nginx, match: x}]\n${rule('    query: stream:ngnix AND error\n')}`);
  const { notes } = await loadSettings({ config }, {});
  assert.deepEqual(notes, [
    'the rule a asks for stream:ngnix, and no entry of streams: has this name; did you mean "nginx"?',
  ]);
});
