import { type Fault, formatPath, type PathPart } from '../base/validate.ts';
import { listenerMeant, listenerOfUrl } from './listeners.ts';

/** Keys that people write in a group, after other programs, and what to write instead. Of several entries, the first counts. */
type Instead = readonly [group: string, keys: string, write: string];

const KEYS: readonly Instead[] = [
  ['', 'retention keep max_age expire expiry ttl', 'write streams: [{name: default, keep: 30d}]'],
  ['', 'path data_dir datadir data_path data_folder storage_path workdir', 'write data: /var/lib/cordwood'],
  ['', 'rules', 'write alerts:'],
  ['', 'listeners inputs input receivers sources server', "write listen: [{kind: udp, address: '*:514'}]"],
  ['', 'port ports address bind', "write listen: [{kind: udp, address: '*:514'}]"],
  ['', 'filters filter stages drop', "write pipeline: [{kind: drop, match: 'appname:noisy'}]"],
  ['', 'tz timezone time_zone', 'write zone:'],
  ['', 'smtp email mailer', 'write mail: {from: logs@example.org, smtp: smtp://mail.example.org:25}'],
  ['', 'tls ssl cert key ca', 'it belongs to a listener: tls: {cert: …, key: …}'],
  ['', 'database db mongodb mongo', 'write store: {kind: mongodb, …}, as in docs/mongodb.md'],
  ['', 'max_size disk_limit quota', 'write max_disk: 50GiB'],
  ['', 'users tokens', 'they are in a file of their own: cordwood user add, cordwood token add'],
  ['', 'http rest api', 'write web: {}'],
  ['', 'log logging log_level', 'write cordwood serve --log-level'],
  ['listen[]', 'port host bind ip', "write both into address: '*:514', or '192.0.2.1:514'"],
  ['listen[]', 'type protocol proto transport', 'write kind: udp, tcp or relp'],
  ['listen[]', 'cert key ca cert_file key_file certificate', 'write tls: {cert: …, key: …}'],
  ['listen[]', 'permit allowed allowed_hosts allow_from networks', 'write allow: [10.0.0.0/8]'],
  ['streams[]', 'retention max_age days ttl expire', 'write keep: 30d'],
  ['streams[]', 'size max_disk quota', 'write max_size: 2GiB'],
  ['streams[]', 'query filter where', 'write match:'],
  ['streams[]', 'priority', 'write importance: low, normal or high'],
  ['pipeline[]', 'query filter where', 'write match:'],
  ['pipeline[]', 'type action', 'write kind:'],
  ['alerts[]', 'every interval cron frequency', "write schedule: '*/5 * * * *'"],
  ['alerts[]', 'type', 'write kind:'],
  ['alerts[]', 'threshold limit max more_than greater_than count', 'write above: 20'],
  ['alerts[]', 'min less_than fewer_than', 'write below: 1'],
  ['alerts[]', 'filter match search where condition', 'write query:'],
  ['alerts[]', 'group_by groupby per group', 'write by: [hostname]'],
  ['alerts[]', 'period timeframe range last duration', 'write window: 10m'],
  ['alerts[]', 'level priority sev', 'write severity:'],
  ['alerts[]', 'description note help url', 'write runbook:'],
  ['alerts[] silence digest', 'email emails mail recipients notify rcpt', 'write to: [ops@example.org]'],
  [
    'silence',
    'after window within for hosts timeout',
    "no time is set: a rule of kind absence with 'hostname:web1' has one",
  ],
  ['digest', 'at time every when cron', "write schedule: '0 7 * * *'"],
  ['mail', 'user username login', 'write it into smtp: smtps://user@mail.example.org:465'],
  ['mail', 'host server port url', 'write smtp: smtps://mail.example.org:465'],
  ['mail', 'to recipients', 'recipients are in to: of rules, silence and digest'],
  ['mail', 'pass passwd', 'write password: {file: /etc/cordwood/smtp.password}'],
  ['mail', 'starttls ssl secure', 'write tls: required, offered or off; smtps:// is TLS from the start'],
  ['web', 'port host bind', 'write address: 127.0.0.1:8514'],
  ['store', 'path dir folder', 'write data: /var/lib/cordwood, outside of store:'],
  ['store', 'type', 'write kind:'],
];

/** For places, what to write instead of a value of the wrong form; undefined if nothing fits. */
const VALUES: Readonly<Record<string, (given: unknown) => string | undefined>> = {
  listen: (given) => listenerText(given, (text) => `[${text}]`),
  'listen[]': (given) => listenerText(given, (text) => text),
  'listen[].address': addressText,
  store: (given) => {
    if (/^(?:embedded|mongodb)$/.test(String(given))) return `{kind: ${given}}`;
    if (!/^mongodb(?:\+srv)?:/.test(String(given))) return undefined;
    const password = PASSWORD.test(String(given)) ? ', password: {file: /etc/cordwood/mongodb.password}' : '';
    return `{kind: mongodb, uri: '${String(given).replace(PASSWORD, '$1@')}'${password}}`;
  },
  web: (given) => (ON.test(String(given)) ? 'web: {}' : OFF.test(String(given)) ? OFF_TEXT : undefined),
  digest: (given) => (isGroup(given) ? undefined : 'digest: {to: [ops@example.org]}'),
  silence: (given) => (isGroup(given) ? undefined : 'silence: {to: [ops@example.org]}'),
  'mail.smtp': (given) => {
    const [host, port] = /^[a-z\d][\w.-]*(:\d+)?$/i.exec(String(given)) ?? [];
    return host === undefined ? undefined : `smtp://${host}${port === undefined ? ':25' : ''}`;
  },
};
/** The user and the password of a URL. */
const PASSWORD = /(:\/\/[^:@/\s]+):[^@/\s]*@/;
const ON = /^(?:on|yes|true|enabled?)$/i;
const OFF = /^(?:off|no|false|disabled?)$/i;
const OFF_TEXT = 'nothing here: the page is off if web: is absent';

/**
 * Says what to write instead, if the fault is one that people bring along from other programs.
 *
 * @param file the value that was validated
 * @param base the path of `file` in a whole configuration
 */
export function withRemedy(fault: Fault, file: unknown, base: readonly PathPart[] = []): Fault {
  const { path, message, unknownKey } = fault;
  if (unknownKey) {
    const group = placeOf([...base, ...path.slice(0, -1)]);
    const key = String(path.at(-1)).toLowerCase().replace(/-/g, '_');
    const entry = KEYS.find(([groups, keys]) => groups.split(' ').includes(group) && keys.split(' ').includes(key));
    // What follows the key and its value is a guess by the spelling, or the list of all keys.
    const plain = message.replace(/; (?:did you mean "|it belongs to |known here: )[\s\S]*$/, '');
    return entry ? { ...fault, message: `${plain}; ${entry[2]}` } : fault;
  }
  const given = path.reduce<unknown>((at, part) => (at as Record<PathPart, unknown> | undefined)?.[part], file);
  const place = placeOf([...base, ...path]);
  const instead = Object.hasOwn(VALUES, place) && given !== null ? VALUES[place]!(given) : undefined;
  if (instead === undefined) return fault;
  const plain = message.replace(/(?:; write |: a blank is missing |, e\.g\. )[\s\S]*$/, '').replace(PASSWORD, '$1:…@');
  return { ...fault, message: `${plain}; write ${instead}` };
}

/** `alerts[]` for `alerts[3]`. */
function placeOf(path: readonly PathPart[]): string {
  return formatPath(path).replace(/\[\d+\]/g, '[]');
}

function isGroup(given: unknown): boolean {
  return typeof given === 'object' || given === undefined;
}

function listenerText(given: unknown, wrap: (text: string) => string): string | undefined {
  const { kind, address } =
    typeof given === 'object' ? {} : (listenerMeant(String(given)) ?? listenerOfUrl(String(given)) ?? {});
  return kind === undefined ? undefined : wrap(`{kind: ${kind}, address: '${address}'}`);
}

/** An address with the kind of its listener in it. */
function addressText(given: unknown): string | undefined {
  const meant = /^(?:udp|tcp|relp)\b|\b(?:udp|tcp|relp)$/i.test(String(given))
    ? listenerMeant(String(given))
    : undefined;
  return meant && `address: '${meant.address}', and kind: ${meant.kind}`;
}
