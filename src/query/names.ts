import { didYouMean } from '../base/text/nearest.ts';
import { parseFieldName, sdFieldName } from '../model/fields.ts';
import { FIELD_NAMES } from '../model/filter.ts';

/** Aliases of fields, from ECS, Graylog, journalctl, rsyslog and habit. */
export const FIELD_ALIASES: Readonly<Record<string, string>> = {
  host: 'hostname',
  'host.name': 'hostname',
  'log.syslog.hostname': 'hostname',
  _hostname: 'hostname',
  source: 'hostname',
  app: 'appname',
  application: 'appname',
  application_name: 'appname',
  program: 'appname',
  programname: 'appname',
  tag: 'appname',
  ident: 'appname',
  identifier: 'appname',
  unit: 'appname',
  syslog_identifier: 'appname',
  _comm: 'appname',
  _systemd_unit: 'appname',
  'log.syslog.appname': 'appname',
  priority: 'severity',
  pri: 'severity',
  sev: 'severity',
  'log.level': 'severity',
  fac: 'facility',
  syslog_facility: 'facility',
  pid: 'procid',
  process_id: 'procid',
  _pid: 'procid',
  syslog_pid: 'procid',
  'log.syslog.procid': 'procid',
  'log.syslog.msgid': 'msgid',
  msg: 'message',
  text: 'message',
  body: 'message',
  id: '_id',
  flag: 'flags',
  size: 'length',
  ip: 'source.ip',
  peer: 'source.ip',
  'source.address': 'source.ip',
  'fromhost-ip': 'source.ip',
  port: 'source.port',
  transport: 'source.transport',
  listener: 'source.listener',
  cn: 'source.peer_cn',
  peer_cn: 'source.peer_cn',
  time: 'timestamp',
  ts: 'timestamp',
  date: 'timestamp',
  '@timestamp': 'timestamp',
  received: 'received_at',
  arrival: 'received_at',
  arrived: 'received_at',
};

/** The field that a typed name means; undefined if there is none. */
export function fieldOf(typed: string): string | undefined {
  const name = typed.toLowerCase();
  if (Object.hasOwn(FIELD_ALIASES, name)) return FIELD_ALIASES[name];
  const ref = parseFieldName(typed) ?? parseFieldName(name);
  if (!ref) return undefined;
  return ref.kind === 'known' ? ref.name : ref.kind === 'sd' ? sdFieldName(ref.id, ref.name) : typed;
}

/** The error message for an unknown field, with the nearest known one. */
export function unknownField(typed: string): string {
  const near = didYouMean(typed, [...FIELD_NAMES, ...Object.keys(FIELD_ALIASES)]);
  if (/^(since|until|from|to|after|before)$/i.test(typed))
    return `unknown field "${typed}"; the window is given by --since and --until, e.g. -S 1h`;
  const own = /^[a-z_]\w*$/i.test(typed)
    ? `; for a field of the message write fields.${typed}, for a parameter of structured data sd.ID.${typed}`
    : /^[^.]+@\d[^.]*\../.test(typed)
      ? `; for structured data write sd.${typed}`
      : '';
  return `unknown field "${typed}"${near || own || '; fields are hostname, appname, severity, message, sd.ID.NAME, fields.NAME …'}`;
}
