import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { canonicalAddress } from '../base/ip.ts';
import { isUnsafe } from '../base/text/unsafe-text.ts';
import { FINGERPRINT } from './settings.ts';

/** The names in a certificate. */
export type PeerNames = {
  /** dNSName of the subjectAltName, lower case. */
  readonly dns: readonly string[];
  /** iPAddress of the subjectAltName, in its canonical spelling. */
  readonly ips: readonly string[];
  /** The common name, if there is exactly one. */
  readonly cn?: string;
  /** Whether a name contains a NUL or another control or invisible character, so that programs may read it in two ways. */
  readonly forged: boolean;
};

/** Longest name in `source.peer_cn`, characters; the longest DNS name is shorter. */
const MAX_NAME = 255;

/** The names of a certificate. */
export function namesOf(certificate: X509Certificate): PeerNames {
  return readNames(certificate.subjectAltName ?? '', certificate.toLegacyObject().subject?.CN);
}

/**
 * Reads names as Node formats them: `DNS:a, IP Address:::1, DNS:"quoted\u0000"`. Node writes a name that could be
 * misread as a JSON string.
 */
export function readNames(altName: string, commonName: unknown): PeerNames {
  const dns: string[] = [];
  const ips: string[] = [];
  const cn = typeof commonName === 'string' ? commonName : undefined;
  let forged = cn !== undefined && isUnsafe(cn);
  for (const [, kind, written] of altName.matchAll(/(?:^|, )([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)) {
    const name = written!.startsWith('"') ? unquoted(written!) : written!;
    if (kind !== 'DNS' && kind !== 'IP Address') continue;
    if (isUnsafe(name)) forged = true;
    else if (kind === 'DNS') dns.push(name.toLowerCase().replace(/\.$/, ''));
    else if (isIP(name)) ips.push(canonicalAddress(name));
  }
  return { dns, ips, ...(cn !== undefined && { cn }), forged };
}

/**
 * The first of the names that `allow` lists; undefined if it lists none of them. RFC 5425 §5.2: `*` stands for the
 * left-most label only, in the list and in the certificate; the common name counts only if there is no alternative name.
 */
export function matchName(allow: readonly string[], names: PeerNames): string | undefined {
  if (names.forged) return undefined;
  const hasAlternatives = names.dns.length > 0 || names.ips.length > 0;
  const dns = !hasAlternatives && names.cn !== undefined ? [names.cn.toLowerCase()] : names.dns;
  for (const wanted of allow) {
    const found = isIP(wanted)
      ? names.ips.find((ip) => ip === canonicalAddress(wanted))
      : dns.find((name) => !isIP(name) && (name === wanted || covers(wanted, name) || certificateCovers(name, wanted)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether `allow` lists the fingerprint of this certificate. */
export function matchFingerprint(allow: readonly string[], certificate: X509Certificate): boolean {
  return allow.includes(FINGERPRINT + certificate.fingerprint256);
}

/** The name that a peer is known by: its common name, else its first alternative name. */
export function nameOf({ cn, dns, ips, forged }: PeerNames): string | undefined {
  return forged ? undefined : (cn ?? dns[0] ?? ips[0])?.slice(0, MAX_NAME);
}

/** `*.example.org` covers `web1.example.org`: exactly one label, which is not a wildcard itself. */
function covers(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return false;
  const dot = name.indexOf('.');
  return dot > 0 && !name.includes('*') && name.slice(dot) === pattern.slice(1);
}

/** A wildcard in a certificate needs two labels behind it: no one may hold a certificate for all of `*.org`. */
function certificateCovers(pattern: string, name: string): boolean {
  return pattern.slice(2).includes('.') && covers(pattern, name);
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return '\0';
  }
}
