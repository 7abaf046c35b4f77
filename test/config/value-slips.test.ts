import { rule, testSlips } from './slips-kit.ts';

testSlips([
  [
    'URLs in place of groups of keys',
    "listen: ['udp://0.0.0.0:514']\nstore: 'mongodb://logs:geheim@db1/?replicaSet=logs'\n",
    [
      `line 1:10: listen[0]: "udp://0.0.0.0:514" is not a group of keys; write {kind: udp, address: '0.0.0.0:514'}`,
      `line 2:8: store: "mongodb://logs:…@db1/?replicaSet=logs" is not a group of keys; write {kind: mongodb, uri: 'mongodb://logs@db1/?replicaSet=logs', password: {file: /etc/cordwood/mongodb.password}}`,
    ],
  ],
  [
    'a URL in place of a list, and words in place of groups',
    'listen: tcp://127.0.0.1:514\nstore: embedded\nweb: on\ndigest: daily\n',
    [
      `line 1:9: listen: "tcp://127.0.0.1:514" is not a list; write [{kind: tcp, address: '127.0.0.1:514'}]`,
      'line 2:8: store: "embedded" is not a group of keys; write {kind: embedded}',
      'line 3:6: web: "on" is not a group of keys; write web: {}',
      'line 4:9: digest: "daily" is not a group of keys; write digest: {to: [ops@example.org]}',
    ],
  ],
  [
    'wrong mail addresses',
    "alerts: [{name: a, kind: match, query: x, to: ['ops@', 'ops example.org']}]\nmail: {from: logs, smtp: 'mail.example.org'}\n",
    [
      'line 1:48: alerts[0].to[0]: "ops@" is neither an address (ops@example.org) nor the name of a notifier',
      'line 1:56: alerts[0].to[1]: "ops example.org" is neither an address (ops@example.org) nor the name of a notifier',
      'line 2:14: mail.from: "logs" is not a sender, e.g. logs <logs@example.org>',
      'line 2:26: mail.smtp: "mail.example.org" is not a mail server; write smtp://mail.example.org:25',
    ],
  ],
  [
    'a wrong schedule',
    rule("    query: x\n    schedule: '*/5 * * *'\n") +
      rule("    query: x\n    schedule: '61 25 * * *'\n").replace('alerts:\n', '').replace('name: a', 'name: b'),
    [
      'line 5:15: alerts[0].schedule: "*/5 * * *" is not a cron schedule: it does not have five fields; write minute, hour, day of month, month and day of week, e.g. */5 * * * *',
      'line 10:15: alerts[1].schedule: "61 25 * * *" is not a cron schedule: 61 is not a value for the minute, which is 0 to 59; 25 is not a value for the hour, which is 0 to 23',
    ],
  ],
  [
    'a fault inside a query',
    rule('    query: foo AND severity:eror\n'),
    [
      'line 4:12: alerts[0].query: "foo AND severity:eror" is not a query: at character 18: unknown severity "eror"; did you mean "err"?',
    ],
  ],
  [
    'line ends of Windows and a byte order mark',
    '\ufeffdata: /a\r\nlisen: []\r\nzone: *x\r\n',
    [
      'line 2:1: lisen: unknown key; did you mean "listen"?',
      'line 3:7: a value that begins with * means something else in YAML; put it in quotes: "*x"',
    ],
  ],
  [
    'a password in the configuration',
    "mail: {from: logs@example.org, smtp: 'smtps://mail.example.org', password: geheim}\n",
    [
      'line 1:76: mail.password: a secret as plain text is not allowed here; write the secret into a file of its own and refer to it: {file: /path}, or {env: NAME}',
    ],
  ],
  [
    'listeners as other programs write them',
    'listen: [tcp:514, 5514, 514/udp, "UDP 5514", "relp://2514"]\n',
    [
      `line 1:10: listen[0]: "tcp:514" is not a group of keys; write {kind: tcp, address: '*:514'}`,
      `line 1:19: listen[1]: 5514 is not a group of keys; write {kind: tcp, address: '*:5514'}`,
      `line 1:25: listen[2]: "514/udp" is not a group of keys; write {kind: udp, address: '*:514'}`,
      `line 1:34: listen[3]: "UDP 5514" is not a group of keys; write {kind: udp, address: '*:5514'}`,
      `line 1:46: listen[4]: "relp://2514" is not a group of keys; write {kind: relp, address: '*:2514'}`,
    ],
  ],
  [
    'addresses with the kind in them',
    "listen: [{kind: tcp, address: 514/udp}, {kind: tcp, address: 'tcp://0.0.0.0:514'}, {kind: udp, address: '[::]:514/udp'}]\n",
    [
      `line 1:31: listen[0].address: "514/udp" is not an address and port; write address: '*:514', and kind: udp`,
      `line 1:62: listen[1].address: "tcp://0.0.0.0:514" is not an address and port; write address: '0.0.0.0:514', and kind: tcp`,
      `line 1:105: listen[2].address: "[::]:514/udp" is not an address and port; write address: '[::]:514', and kind: udp`,
    ],
  ],
]);
