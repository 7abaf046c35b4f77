import type { X509Certificate } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import { FINGERPRINT } from './settings.ts';

/** Names in a certificate: what it is for, as far as it says so in a way that can be trusted. */
export type PeerNames = {
  /** dNSName of the subjectAltName, lower case. */
  readonly dns: readonly string[];
  /** iPAddress of the subjectAltName, in one spelling. */
  readonly ips: readonly string[];
  /** The common name, where there is exactly one. */
  readonly cn?: string;
  /** A name holds a NUL or another control character: made to be read in two ways. */
  readonly forged: boolean;
};

/** What a name may be at most in `source.peer_cn`; the longest DNS name is shorter. */
const LONGEST = 255;

/** The names of a certificate. */
export function namesOf(certificate: X509Certificate): PeerNames {
  return readNames(certificate.subjectAltName ?? '', certificate.toLegacyObject().subject?.CN);
}

/**
 * Reads the names as Node gives them: `DNS:a, IP Address:::1, DNS:"quoted\u0000"`, where what could be misread stands
 * in quotes as JSON.
 */
export function readNames(altName: string, commonName: unknown): PeerNames {
  const dns: string[] = [];
  const ips: string[] = [];
  const cn = typeof commonName === 'string' ? commonName : undefined;
  let forged = cn !== undefined && isForged(cn);
  for (const [, kind, written] of altName.matchAll(/(?:^|, )([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)) {
    const name = written!.startsWith('"') ? unquoted(written!) : written!;
    if (kind !== 'DNS' && kind !== 'IP Address') continue;
    if (isForged(name)) forged = true;
    else if (kind === 'DNS') dns.push(name.toLowerCase().replace(/\.$/, ''));
    else if (isIP(name)) ips.push(canonical(name));
  }
  return { dns, ips, ...(cn !== undefined && { cn }), forged };
}

/**
 * Which of the names lets its bearer in by this list, undefined where none does. RFC 5425 §5.2: `*` stands for the
 * left-most label only, in the list and in the certificate; the common name counts where there is no alternative name.
 */
export function matchName(allow: readonly string[], names: PeerNames): string | undefined {
  if (names.forged) return undefined;
  const alone = names.dns.length === 0 && names.ips.length === 0;
  const dns = alone && names.cn !== undefined ? [names.cn.toLowerCase()] : names.dns;
  for (const wanted of allow) {
    const found = isIP(wanted)
      ? names.ips.find((ip) => ip === canonical(wanted))
      : dns.find((name) => !isIP(name) && (name === wanted || covers(wanted, name) || coversWell(name, wanted)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether the list names this very certificate. */
export function matchFingerprint(allow: readonly string[], certificate: X509Certificate): boolean {
  return allow.includes(FINGERPRINT + certificate.fingerprint256);
}

/** The name to know a peer by: its common name, else the first of its others. */
export function nameOf({ cn, dns, ips, forged }: PeerNames): string | undefined {
  return forged ? undefined : (cn ?? dns[0] ?? ips[0])?.slice(0, LONGEST);
}

/** `*.example.org` covers `web1.example.org`: one label, which is no wildcard itself. */
function covers(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return false;
  const dot = name.indexOf('.');
  return dot > 0 && !name.includes('*') && name.slice(dot) === pattern.slice(1);
}

/** A certificate's own wildcard needs two labels behind it: one for all of `*.org` is nobody's. */
function coversWell(pattern: string, name: string): boolean {
  return pattern.slice(2).includes('.') && covers(pattern, name);
}

function isForged(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return '\0';
  }
}

/** One spelling for each address, as URLs write it. */
function canonical(ip: string): string {
  return isIPv6(ip) ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip;
}
