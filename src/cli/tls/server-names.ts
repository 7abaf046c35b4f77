import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { canonicalAddress } from '../../base/ip.ts';

/** The names in the certificate of a server: host names first, then addresses. */
export type ServerNames = { readonly all: readonly string[]; readonly commonName: string | undefined };

/**
 * The names in the certificate that a file begins with; undefined if the file does not exist.
 * @throws Error if it cannot be read, or contains no certificate
 */
export function namesInCertificate(file: string): ServerNames | undefined {
  if (!existsSync(file)) return undefined;
  const certificate = new X509Certificate(readFileSync(file));
  const written = certificate.subjectAltName ?? '';
  const dns = [...written.matchAll(/(?:^|, )DNS:([^,"]+)/g)].map(([, name]) => name!.toLowerCase());
  const ips = [...written.matchAll(/(?:^|, )IP Address:([^,"]+)/g)].map(([, name]) => canonicalAddress(name!));
  const { CN: cn } = certificate.toLegacyObject().subject ?? {};
  const commonName = typeof cn === 'string' ? cn : undefined;
  const all = dns.length + ips.length > 0 || commonName === undefined ? [...dns, ...ips] : [commonName];
  return { all, commonName };
}

/**
 * The name that agents should expect in the certificate, whatever name they connect to. rsyslog's driver `ossl` never
 * accepts an address beside a host name, and otherwise only the one that is the common name.
 * @param wanted the name that agents connect to; it is preferred
 */
export function expectedName({ all, commonName }: ServerNames, wanted?: string): string | undefined {
  const hosts = all.filter((name) => !isIP(name));
  if (wanted !== undefined && hosts.includes(wanted.toLowerCase())) return wanted;
  const plain = hosts.find((name) => !name.includes('*'));
  return plain ?? (hosts.length > 0 ? wanted : undefined) ?? all.find((name) => name === commonName) ?? all[0];
}

/** Whether the certificate is for this name or address. */
export function isFor({ all }: ServerNames, name: string): boolean {
  const wanted = isIP(name) ? canonicalAddress(name) : name.toLowerCase();
  const parent = isIP(wanted) ? undefined : wanted.replace(/^[^.]+/, '*');
  return all.some((each) => each === wanted || each === parent);
}
