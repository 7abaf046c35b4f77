/** Severity names by code, RFC 5424 §6.2.1 table 2, in the short form of syslog.conf(5). */
export const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
export type SeverityName = (typeof SEVERITIES)[number];

/** Facility names by code, RFC 5424 §6.2.1 table 1, in the short form of syslog.conf(5) and rsyslog. */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

const SEVERITY_ALIASES: Readonly<Record<string, number>> = {
  emergency: 0,
  panic: 0,
  critical: 2,
  error: 3,
  warn: 4,
  informational: 6,
  information: 6,
};
const FACILITY_ALIASES: Readonly<Record<string, number>> = { security: 4, auth_priv: 10, cron2: 15 };

/**
 * The code 0–7 of a severity: a name or an alias in any case, or a digit; undefined for anything
 * else.
 */
export function severityCode(text: string): number | undefined {
  return codeOf(text, SEVERITIES, SEVERITY_ALIASES);
}

/**
 * The code 0–23 of a facility: a name or an alias in any case, or a number; undefined for anything
 * else.
 */
export function facilityCode(text: string): number | undefined {
  return codeOf(text, FACILITIES, FACILITY_ALIASES);
}

function codeOf(text: string, names: readonly string[], aliases: Readonly<Record<string, number>>): number | undefined {
  const name = text.toLowerCase();
  if (/^\d{1,2}$/.test(name)) return Number(name) < names.length ? Number(name) : undefined;
  const code = names.indexOf(name);
  return code >= 0 ? code : Object.hasOwn(aliases, name) ? aliases[name] : undefined;
}
